import { command } from "../../command.ts";
import { Failure, UsageError } from "../../failures.ts";
import { on, one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { lines } from "../../result.ts";
import { readSecret } from "../../terminal/secret.ts";

export default command({
  usage: "[REGISTRY]",
  takes: [0, 1],
  flags: {
    username: one("NAME", ["u", "Whose password it is"]),
    passwordStdin: on("Read the password from standard input"),
  },
  async run(ctx, { flags: { username, passwordStdin }, args: [registry = "docker.io"] }) {
    if (username === undefined) throw new UsageError("give the user's name with -u; the password is asked for");
    if (!passwordStdin && !ctx.stdin.isTTY)
      throw new UsageError("there is no terminal to ask for the password; use --password-stdin");
    const password = await readSecret(ctx, `Password of ${inert(username)} at ${inert(registry)}: `);
    if (password === "") throw new Failure("no password was given");
    const client = await ctx.client();
    const stored = await client.registries.store(registry, { username, password });
    return lines([`Stored the password of ${inert(stored.username)} for ${inert(stored.registry)}`], stored);
  },
});
