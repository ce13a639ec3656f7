import { command } from "../../command.ts";
import { readContexts, writeContexts } from "../../contexts/file.ts";
import { Failure } from "../../failures.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "NAME...",
  takes: [1, Infinity],
  flags: {},
  async run(ctx, { args }) {
    const stored = await readContexts(ctx.env);
    for (const name of args) {
      if (!stored.contexts[name]) throw new Failure(`there is no context ${name}`);
      delete stored.contexts[name];
      if (stored.current === name) stored.current = null;
    }
    await writeContexts(ctx.env, stored);
    return lines(args, args);
  },
});
