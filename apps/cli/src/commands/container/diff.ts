import { command } from "../../command.ts";
import { EXIT_CODES } from "../../exit-codes.ts";
import { inert } from "../../format/inert.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: {},
  async run(ctx, { args: [given = ""] }) {
    const client = await ctx.client();
    const { items, truncated } = await client.containers.changes(await containerRef(client, given));
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        for (const change of items) yield { line: inert(`${change.kind} ${change.path}`), json: change };
        if (truncated) yield { to: "stderr", data: "hafen: there is more, which the service leaves out\n" };
        return EXIT_CODES.ok;
      })(),
    );
  },
});
