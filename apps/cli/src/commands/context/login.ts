import { Hafen } from "@hafen/sdk";
import { command } from "../../command.ts";
import { readContexts, writeContexts } from "../../contexts/file.ts";
import { Failure, UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { lines } from "../../result.ts";
import { readSecret } from "../../terminal/secret.ts";

export default command({
  usage: "[URL]",
  takes: [0, 1],
  flags: { name: one("NAME", ["What to call it; default: default"]) },
  async run(ctx, { flags, args }) {
    const { name = "default" } = flags;
    const stored = await readContexts(ctx.env);
    const url = args[0] ?? stored.contexts[name]?.url ?? "http://localhost:7070";
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError(`${url} is not an http or https address`);
    const apiKey = (await readSecret(ctx, `API key for ${url}: `)).trim();
    if (apiKey === "") throw new Failure("no key was given");
    const me = await new Hafen({ url, apiKey }).me();
    stored.contexts[name] = { url, apiKey };
    stored.current = name;
    await writeContexts(ctx.env, stored);
    return lines([`Logged in to ${url} as ${inert(me.name)}; the context is ${inert(name)}.`], me);
  },
});
