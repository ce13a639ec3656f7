import { setTimeout as delay } from "node:timers/promises";
import type { Container, ContainerStats, Hafen } from "@hafen/sdk";
import { HafenError } from "@hafen/sdk";
import { command } from "../../command.ts";
import type { Ctx } from "../../ctx.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { on, one } from "../../flags.ts";
import { bytes } from "../../format/bytes.ts";
import { columns } from "../../format/columns.ts";
import { listed, type Fields } from "../../format/listed.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef, shortId } from "../../short-ids.ts";
import { liveStats } from "../../terminal/live-stats.ts";

const EVERY_MS = 1_000;
/** Up, and to the end of the screen: a table is drawn over the one before. */
const OVER = (lines: number) => (lines === 0 ? "" : `\u001b[${lines}A\u001b[J`);
const RUNS: Container["state"][] = ["running", "paused"];

interface Row {
  container: Container;
  stats: ContainerStats | undefined;
}

export default command({
  usage: "[CONTAINER...]",
  takes: [0, Infinity],
  flags: {
    noStream: on("One sample of each"),
    format: one("TEMPLATE", ["json: an object a line; or print each as {{.Name}} {{.MemUsage}}"], checkedTemplate),
  },
  async run(ctx, { flags: { noStream, format }, args }) {
    const client = await ctx.client();
    if (format === "json") ctx.json = true;
    const named = await Promise.all(args.map(async (ref) => client.containers.get(await containerRef(client, ref))));
    const chosen = async () => (args.length > 0 ? named : running(client));
    const shown = (rows: Row[]) => ({
      ...listed(rows, format === "json" ? undefined : format, SHOWN, FIELDS),
      json: rows.map(toJson),
    });
    if (noStream) return shown(await samples(client, await chosen()));
    return stream(live(ctx, client, chosen, shown));
  },
});

async function running(client: Hafen): Promise<Container[]> {
  const found = await Promise.all(
    RUNS.map((state) => Array.fromAsync(client.containers.listAll({ limit: 200, state }))),
  );
  return found.flat();
}

async function samples(client: Hafen, containers: Container[]): Promise<Row[]> {
  const rows = await Promise.all(
    containers.map(async (container): Promise<Row[]> => {
      try {
        return [{ container, stats: await client.containers.statsOnce(container.id) }];
      } catch (error) {
        if (error instanceof HafenError && error.code === "container_wrong_state")
          return [{ container, stats: undefined }];
        throw error;
      }
    }),
  );
  return rows.flat();
}

/** Until it is left. On a terminal one table that moves; elsewhere one below the other. */
async function* live(
  ctx: Ctx,
  client: Hafen,
  chosen: () => Promise<Container[]>,
  shown: (rows: Row[]) => ReturnType<typeof listed>,
): AsyncGenerator<Piece, number> {
  const stats = liveStats(client);
  const leaving = new AbortController();
  const release = ctx.onSignal("SIGINT", () => leaving.abort());
  let drawn = 0;
  try {
    while (!leaving.signal.aborted) {
      const containers = await chosen();
      stats.of(containers);
      await delay(EVERY_MS, undefined, { signal: leaving.signal }).catch(() => {});
      const rows = stats.of(containers);
      if (ctx.json) for (const row of rows) yield { line: "", json: toJson(row) };
      if (ctx.json) continue;
      const result = shown(rows);
      const text = result.kind === "table" ? columns(result.header, result.cells) : result.lines;
      yield { to: "stdout", data: `${ctx.stdout.isTTY ? OVER(drawn) : ""}${text.join("\n")}\n` };
      drawn = text.length;
    }
    return EXIT_CODES.interrupted;
  } finally {
    stats.close();
    release();
  }
}

function toJson({ container: { id, name }, stats }: Row): object {
  return { id, name, stats: stats ?? null };
}

/** Docker's fields. */
const FIELDS = {
  ID: { title: "CONTAINER ID", value: ({ container }) => shortId(container.id) },
  Container: { title: "CONTAINER", value: ({ container }) => shortId(container.id) },
  Name: { title: "NAME", value: ({ container }) => container.name },
  CPUPerc: { title: "CPU %", value: told(({ cpu }) => `${(cpu.cores * 100).toFixed(2)}%`) },
  MemUsage: {
    title: "MEM USAGE / LIMIT",
    value: told(
      ({ memory }) => `${bytes(memory.usedBytes)} / ${memory.limitBytes === null ? "-" : bytes(memory.limitBytes)}`,
    ),
  },
  MemPerc: {
    title: "MEM %",
    value: told(({ memory: { usedBytes, limitBytes } }) =>
      limitBytes === null ? "-" : `${((usedBytes / limitBytes) * 100).toFixed(2)}%`,
    ),
  },
  NetIO: {
    title: "NET I/O",
    value: told(({ network }) => `${bytes(network.receivedBytes)} / ${bytes(network.sentBytes)}`),
  },
  BlockIO: {
    title: "BLOCK I/O",
    value: told(({ blockIo }) => `${bytes(blockIo.readBytes)} / ${bytes(blockIo.writtenBytes)}`),
  },
  PIDs: { title: "PIDS", value: told(({ pids }) => String(pids.current)) },
} satisfies Fields<Row>;
const { ID, Name, CPUPerc, MemUsage, MemPerc, NetIO, BlockIO, PIDs } = FIELDS;
const SHOWN = [ID, Name, CPUPerc, MemUsage, MemPerc, NetIO, BlockIO, PIDs];

function told(cell: (stats: ContainerStats) => string): (row: Row) => string {
  return ({ stats }) => (stats ? cell(stats) : "--");
}
