import { writeArchive } from "../../archive/write-archive.ts";
import { command } from "../../command.ts";
import { one } from "../../flags.ts";
import { imageRef } from "../../short-ids.ts";

export default command({
  usage: "IMAGE",
  takes: [1, 1],
  flags: { output: one("FILE", ["o", "Write to this, not to standard output"]) },
  async run(ctx, { flags: { output }, args: [ref = ""] }) {
    const client = await ctx.client();
    return writeArchive(ctx, output, async () => client.images.export(await imageRef(client, ref)));
  },
});
