import type { CreateKey } from "@hafen/sdk";
import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { many, one } from "../../flags.ts";
import { durationMs } from "../../format/quantities.ts";
import { lines } from "../../result.ts";

type Scope = NonNullable<CreateKey["scopes"]>[number];

function scope(text: string): Scope {
  if (text !== "read" && text !== "write" && text !== "admin") throw new UsageError("read, write or admin");
  return text;
}

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: {
    scope: many("SCOPE", ["What it may: read, write, admin; default: what the key in use may"], scope),
    expires: one("SPAN", ["After this it is void, such as 30d"], durationMs),
  },
  async run(ctx, { flags, args: [name = ""] }) {
    const client = await ctx.client();
    const key = await client.keys.create({
      name,
      ...(flags.scope.length > 0 ? { scopes: flags.scope } : {}),
      ...(flags.expires === undefined ? {} : { expiresAt: new Date(ctx.now() + flags.expires).toISOString() }),
    });
    return lines([key.apiKey], key);
  },
});
