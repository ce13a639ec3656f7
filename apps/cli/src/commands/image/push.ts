import { buildOutput } from "../../build-output.ts";
import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { stream } from "../../result.ts";

export default command({
  usage: "NAME[:TAG]",
  takes: [1, 1],
  flags: { quiet: on("q", "Only its full name") },
  async run(ctx, { flags: { quiet }, args: [name = ""] }) {
    const client = await ctx.client();
    const build = await client.images.push(name, name);
    const result = ({ reference }: typeof build) => (quiet ? [reference ?? name] : []);
    return stream(buildOutput(ctx, client, build, { quiet, result }));
  },
});
