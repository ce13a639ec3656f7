import { buildEnded, type BuildLogLine } from "@hafen/contract";
import { buildById, readLog, readUntil, type BuildRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";

/**
 * The build's log from after line `after`; with `follow` until the build has ended. A line's id is its number, so a reader that
 * comes back with the last one it saw gets neither a gap nor a double.
 */
export async function* buildLogs(
  ctx: Ctx,
  build: BuildRow,
  options: { after: number; follow: boolean; signal?: AbortSignal },
): AsyncGenerator<BuildLogLine> {
  let after = options.after;
  for (;;) {
    const { lines, ended } = await readUntil(
      ctx.changes,
      build.id,
      async () => {
        // The state is read first: what was written before the end is then surely seen by the read of the log.
        const row = await buildById(ctx.db, build.id);
        return { ended: row === undefined || buildEnded(row.state), lines: await readLog(ctx.db, build.id, after) };
      },
      (seen) => seen.lines.length > 0 || seen.ended || !options.follow,
      { timeoutMs: 60_000, signal: options.signal },
    );
    for (const line of lines) {
      after = line.id;
      yield { id: line.id, stream: line.stream, text: line.text, at: new Date(line.atMs).toISOString() };
    }
    if (options.signal?.aborted || (lines.length === 0 && (ended || !options.follow))) return;
  }
}
