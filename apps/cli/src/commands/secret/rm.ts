import { command } from "../../command.ts";
import { each } from "../../each.ts";

export default command({
  usage: "SECRET...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    return each(args, (name) => client.secrets.remove(name));
  },
});
