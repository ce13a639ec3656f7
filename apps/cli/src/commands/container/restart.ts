import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { settled, WAIT } from "../../settled.ts";
import { containerRef } from "../../short-ids.ts";
import { STOP_FLAGS, stopBody } from "./stop-flags.ts";

export default command({
  usage: "CONTAINER...",
  takes: [1, Infinity],
  flags: STOP_FLAGS,
  async run(ctx, { flags, args }) {
    const client = await ctx.client();
    return each(args, async (ref) => {
      const restarted = client.containers.restart(await containerRef(client, ref), stopBody(flags), WAIT);
      return settled(client, restarted, ["running", "restarting", "exited"]);
    });
  },
});
