import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { lines } from "../../result.ts";
import { grantOf } from "./of.ts";

export default command({
  usage: "image|volume REF USER",
  takes: [3, 3],
  flags: { use: on("Also run and build from the image, or write to the volume; default: read") },
  async run(ctx, { flags, args: [type = "", ref = "", user = ""] }) {
    const client = await ctx.client();
    const grant = await client.grants.create(grantOf(type, ref), { user, access: flags.use ? "use" : "read" });
    return lines([grant.id], grant);
  },
});
