import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { lines } from "../../result.ts";
import { POLICY_FLAG, QUOTA } from "./user-flags.ts";

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: { admin: on("May manage users and hosts"), quota: QUOTA, policy: POLICY_FLAG },
  async run(ctx, { flags: { admin, quota, policy }, args: [name = ""] }) {
    const client = await ctx.client();
    const user = await client.users.create({
      name,
      ...(admin ? { role: "admin" } : {}),
      ...(quota.length > 0 ? { quota: Object.fromEntries(quota) } : {}),
      ...(policy ? { policy } : {}),
    });
    return lines([user.apiKey], user);
  },
});
