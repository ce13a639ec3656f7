import { command } from "../../command.ts";
import { readContexts, writeContexts } from "../../contexts/file.ts";
import { Failure } from "../../failures.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "NAME",
  takes: [1, 1],
  flags: {},
  async run(ctx, { args: [name = ""] }) {
    const stored = await readContexts(ctx.env);
    const place = stored.contexts[name];
    if (!place) throw new Failure(`there is no context ${name}`);
    await writeContexts(ctx.env, { ...stored, current: name });
    return lines([name], { name, url: place.url });
  },
});
