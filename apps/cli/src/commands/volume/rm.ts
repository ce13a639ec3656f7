import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { WAIT } from "../../settled.ts";

export default command({
  usage: "VOLUME...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    return each(args, (ref) => client.volumes.remove(ref, WAIT));
  },
});
