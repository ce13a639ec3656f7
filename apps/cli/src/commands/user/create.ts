import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, on } from "../../flags.ts";
import { decimal, memoryBytes, pair, whole } from "../../format/quantities.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: {
    admin: on("May manage users and hosts"),
    quota: many(
      "NAME=COUNT",
      ["At most so many containers, running, cpus, memory, volumes, images or builds"],
      quotaOf,
    ),
  },
  async run(ctx, { flags, args: [name = ""] }) {
    const client = await ctx.client();
    const user = await client.users.create({
      name,
      ...(flags.admin ? { role: "admin" } : {}),
      ...(flags.quota.length > 0 ? { quota: Object.fromEntries(flags.quota) } : {}),
    });
    return lines([user.apiKey], user);
  },
});

/** As `whoami` shows them. */
function quotaOf(text: string): [string, number] {
  const [name, amount] = pair(text);
  if (name === "memory") return ["memoryBytes", memoryBytes(amount)];
  if (name === "cpus") return [name, decimal(amount)];
  if (["containers", "running", "volumes", "images", "builds"].includes(name)) return [name, whole(amount)];
  throw new UsageError("containers, running, cpus, memory, volumes, images or builds, each with =COUNT");
}
