import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: { admin: on("May manage users and hosts") },
  async run(ctx, { flags, args: [name = ""] }) {
    const client = await ctx.client();
    const user = await client.users.create({ name, ...(flags.admin ? { role: "admin" } : {}) });
    return lines([user.apiKey], user);
  },
});
