import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    return each(
      args,
      async (ref) => client.containers.wait(await containerRef(client, ref)),
      ({ exitCode }) => String(exitCode ?? 1),
    );
  },
});
