import { command } from "../../command.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "NAME...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const client = await ctx.client();
    const users = await Promise.all(args.map((ref) => client.users.get(ref)));
    return lines([JSON.stringify(users, null, 4)], users);
  },
});
