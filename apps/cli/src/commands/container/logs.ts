import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { UsageError } from "../../failures.ts";
import { on, one } from "../../flags.ts";
import { pastTime, whole } from "../../format/quantities.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

function tail(text: string): number | undefined {
  if (text === "all") return undefined;
  try {
    return whole(text);
  } catch {
    throw new UsageError("a whole number or all");
  }
}

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: {
    follow: on("f", "Stay until it has ended"),
    tail: one("LINES", ["n", "Only the last so many"], tail),
    since: one("TIME", ["Only after this: 10m, or 2026-01-31T12:00:00Z"], pastTime),
    until: one("TIME", ["Only before this"], pastTime),
    timestamps: on("t", "Show when"),
  },
  async run(ctx, { flags, args: [given = ""] }) {
    const client = await ctx.client();
    const ref = await containerRef(client, given);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        const found = client.containers.logs(ref, {
          follow: flags.follow,
          tail: flags.tail,
          since: flags.since?.(ctx.now()),
          until: flags.until?.(ctx.now()),
        });
        for await (const line of found) {
          if (ctx.json) yield { line: "", json: line };
          else yield { to: line.stream, data: `${flags.timestamps ? `${line.at} ` : ""}${line.text}\n` };
        }
        return EXIT_CODES.ok;
      })(),
    );
  },
});
