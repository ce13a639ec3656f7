import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { lines } from "../../result.ts";
import { POLICY_FLAG, QUOTA } from "./user-flags.ts";

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: {
    role: one("ROLE", ["user or admin; who becomes an admin gets a key, printed once"], role),
    quota: QUOTA,
    policy: POLICY_FLAG,
  },
  async run(ctx, { flags, args: [name = ""] }) {
    const client = await ctx.client();
    const user = await client.users.update(name, {
      ...(flags.role ? { role: flags.role } : {}),
      ...(flags.quota.length > 0 ? { quota: Object.fromEntries(flags.quota) } : {}),
      ...(flags.policy ? { policy: flags.policy } : {}),
    });
    return lines([user.apiKey ?? user.name], user);
  },
});

function role(text: string): "user" | "admin" {
  if (text !== "user" && text !== "admin") throw new UsageError("user or admin");
  return text;
}
