import type { Prune, Pruned, PruneItem } from "@hafen/sdk";
import type { Ctx } from "../../ctx.ts";
import { bytes } from "../../format/bytes.ts";
import { columns } from "../../format/columns.ts";
import { inert } from "../../format/inert.ts";
import { lines, type Result } from "../../result.ts";
import { confirm } from "../../terminal/confirm.ts";

const TITLES = { container: "Containers", image: "Images", volume: "Volumes", build: "Builds" } as const;
const KINDS = Object.keys(TITLES) as (keyof typeof TITLES)[];

/** Asks, unless it is told not to or nothing will go; prunes; and says what went as docker does. */
export async function pruned(
  ctx: Ctx,
  body: Prune,
  { force, dryRun, warning }: { force: boolean; dryRun: boolean; warning: string },
): Promise<Result> {
  if (!force && !dryRun) await confirm(ctx, warning);
  const client = await ctx.client();
  const answer = await client.system.prune({ ...body, dryRun });
  return lines(dryRun ? planned(answer) : done(answer), answer);
}

function done({ removed, kept, reclaimedBytes }: Pruned): string[] {
  const sections = KINDS.flatMap((kind) => {
    const names = removed.filter((item) => item.kind === kind).map(({ name }) => inert(name));
    return names.length === 0 ? [] : [`Deleted ${TITLES[kind]}:`, ...names, ""];
  });
  // Of volumes it matters most what was spared, and how to remove it all the same.
  const spared = kept.filter(({ kind }) => kind === "volume");
  return [
    ...sections,
    ...(spared.length === 0 ? [] : ["Kept Volumes:", ...spared.map(({ name, why }) => inert(`${name}: ${why}`)), ""]),
    `Total reclaimed space: ${bytes(reclaimedBytes)}`,
  ];
}

function planned({ removed, kept, reclaimableBytes }: Pruned): string[] {
  return [
    ...section("Would go:", removed),
    ...section("Stays:", kept),
    `Total space that would be reclaimed: ${bytes(reclaimableBytes)}`,
  ];
}

function section(title: string, items: PruneItem[]): string[] {
  if (items.length === 0) return [];
  const cells = items.map((item) => [item.kind, item.name, item.bytes === null ? "-" : bytes(item.bytes), item.why]);
  return [title, ...columns(["KIND", "NAME", "SIZE", "WHY"], cells), ""];
}
