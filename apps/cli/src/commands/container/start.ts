import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { stream, type Piece } from "../../result.ts";
import { settled, WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";
import { follow } from "../../terminal/follow.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: {
    attach: on("a", "Follow its output, and end with its exit code"),
    interactive: on("i", "Attach standard input too"),
  },
  async run(ctx, { flags, args }) {
    const client = await ctx.client();
    const start = async (ref: string) =>
      settled(client, client.containers.start(await containerRef(client, ref), WAIT), [
        "running",
        "restarting",
        "exited",
      ]);
    if (!flags.attach && !flags.interactive) return each(args, start);
    const [ref = "", ...more] = args;
    if (more.length > 0) throw new UsageError("cannot attach to more than one container");
    if (ctx.json) throw new UsageError("--json and -a exclude each other");
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        const container = await client.containers.get(await containerRef(client, ref));
        const options = { input: flags.interactive, start: container.state !== "running" };
        return (yield* follow(ctx, client, container, options)).exitCode;
      })(),
    );
  },
});
