import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { on, one } from "../../flags.ts";
import { stream } from "../../result.ts";

export default command({
  usage: "NAME[:TAG|@DIGEST]",
  takes: [1, 1],
  flags: { quiet: on("q", "Only its full name"), platform: one("OS/ARCH", ["As linux/amd64"]) },
  async run(ctx, { flags: { quiet, platform }, args: [reference = ""] }) {
    const client = await ctx.client();
    const build = await client.images.pull(reference, { platform });
    const result = ({ reference: full }: typeof build) => [full ?? reference];
    return stream(buildOutput(ctx, client, build, { quiet, result }));
  },
});
