import { command } from "../../command.ts";
import { Failure, UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { stream, type Piece } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";
import { follow } from "../../terminal/follow.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: { noStdin: on("Do not attach standard input") },
  async run(ctx, { flags, args: [ref = ""] }) {
    if (ctx.json) throw new UsageError("--json is not for a container's own output");
    const client = await ctx.client();
    const container = await client.containers.get(await containerRef(client, ref));
    if (container.state !== "running")
      throw new Failure(`${container.name} is ${container.state}; only a running container can be attached to`);
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        const input = container.openStdin && !flags.noStdin;
        return (yield* follow(ctx, client, container, { input, start: false })).exitCode;
      })(),
    );
  },
});
