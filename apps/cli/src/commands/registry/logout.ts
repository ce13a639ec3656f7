import { command } from "../../command.ts";
import { inert } from "../../format/inert.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "[REGISTRY]",
  takes: [0, 1],
  flags: {},
  async run(ctx, { args: [registry = "docker.io"] }) {
    const client = await ctx.client();
    await client.registries.remove(registry);
    return lines([`Removed the password for ${inert(registry)}`], { registry });
  },
});
