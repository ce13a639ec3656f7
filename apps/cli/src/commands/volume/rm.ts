import { HafenError } from "@hafen/sdk";
import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { on } from "../../flags.ts";
import { WAIT } from "../../settled.ts";

export default command({
  usage: "VOLUME...",
  takes: [1, Infinity],
  flags: { force: on("f", "One that is not there is no error") },
  async run(ctx, { flags: { force }, args }) {
    const client = await ctx.client();
    return each(args, async (ref) => {
      try {
        return await client.volumes.remove(ref, WAIT);
      } catch (error) {
        if (force && error instanceof HafenError && error.code === "volume_not_found") return undefined;
        throw error;
      }
    });
  },
});
