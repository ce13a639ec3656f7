import type { DiskUsage } from "@hafen/sdk";
import { command } from "../../command.ts";
import type { Ctx } from "../../ctx.ts";
import { on } from "../../flags.ts";
import { ago } from "../../format/age.ts";
import { bytes } from "../../format/bytes.ts";
import { columns } from "../../format/columns.ts";
import { complain } from "../../output.ts";
import { lines, table, type Result } from "../../result.ts";
import { shortDigest, shortId } from "../../short-ids.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { verbose: on("v", "Each thing by itself") },
  async run(ctx, { flags: { verbose } }): Promise<Result> {
    const client = await ctx.client();
    const usage = await client.system.diskUsage({ verbose });
    for (const { host, detail } of usage.unreachable) await complain(ctx, `not counted: what is on ${host}. ${detail}`);
    if (verbose) return lines(details(ctx, usage), usage);
    return { ...table(summary(usage), COLUMNS), json: usage };
  },
});

interface Row {
  type: string;
  total: number;
  active: number;
  size: number;
  reclaimable: number;
}
const COLUMNS = [
  { title: "TYPE", cell: ({ type }: Row) => type },
  { title: "TOTAL", cell: ({ total }: Row) => String(total) },
  { title: "ACTIVE", cell: ({ active }: Row) => String(active) },
  { title: "SIZE", cell: ({ size }: Row) => bytes(size) },
  { title: "RECLAIMABLE", cell: ({ reclaimable, size }: Row) => `${bytes(reclaimable)}${share(reclaimable, size)}` },
];

function share(part: number, whole: number): string {
  return whole === 0 ? "" : ` (${Math.floor((100 * part) / whole)}%)`;
}

function summary({ images, containers, volumes, builds }: DiskUsage): Row[] {
  const row = (type: string, total: number, active: number, size: number, reclaimable: number) => ({
    type,
    total,
    active,
    size,
    reclaimable,
  });
  const { logBytes, contextBytes } = builds;
  return [
    row("Images", images.count, images.inUse, images.bytes, images.reclaimableBytes),
    row("Containers", containers.count, containers.running, containers.writableBytes, containers.reclaimableBytes),
    row("Local Volumes", volumes.count, volumes.inUse, volumes.usedBytes, volumes.reclaimableBytes),
    row("Builds", builds.count, builds.open, logBytes + contextBytes, builds.reclaimableBytes),
  ];
}

/** In docker's words; a build of ours keeps its log and, until it has ended, its context. */
function details(ctx: Ctx, { images, containers, volumes, builds }: DiskUsage): string[] {
  const measured = (count: number | null) => (count === null ? "-" : bytes(count));
  const since = (time: string) => ago(time, ctx.now());
  return [
    "Images space usage:",
    "",
    ...columns(
      ["REPOSITORY:TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS"],
      (images.items ?? []).map((image) => [
        image.tags.join(", ") || "<none>",
        shortDigest(image.digest),
        since(image.createdAt),
        bytes(image.sizeBytes),
        bytes(image.sharedBytes),
        bytes(image.uniqueBytes),
        String(image.containers),
      ]),
    ),
    "",
    "Containers space usage:",
    "",
    ...columns(
      ["CONTAINER ID", "IMAGE", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES"],
      (containers.items ?? []).map(({ id, image, mounts, writableBytes, createdAt, state, name }) => [
        shortId(id),
        image,
        String(mounts),
        measured(writableBytes),
        since(createdAt),
        state,
        name,
      ]),
    ),
    "",
    "Local Volumes space usage:",
    "",
    ...columns(
      ["VOLUME NAME", "LINKS", "SIZE"],
      (volumes.items ?? []).map((volume) => [volume.name, String(volume.containers), measured(volume.usedBytes)]),
    ),
    "",
    "Builds space usage:",
    "",
    ...columns(
      ["BUILD ID", "TAG", "STATE", "LOG", "CONTEXT", "CREATED"],
      (builds.items ?? []).map(({ id, tag, state, logBytes, contextBytes, createdAt }) => [
        id,
        tag ?? "<none>",
        state,
        bytes(logBytes),
        bytes(contextBytes),
        since(createdAt),
      ]),
    ),
  ];
}
