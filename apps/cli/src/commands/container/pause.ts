import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { settled, WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    return each(args, async (ref) =>
      settled(client, client.containers.pause(await containerRef(client, ref), WAIT), ["paused"]),
    );
  },
});
