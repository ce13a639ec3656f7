import { writeArchive } from "../../archive/write-archive.ts";
import { command } from "../../command.ts";
import { one } from "../../flags.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: { output: one("FILE", ["o", "Write to this, not to standard output"]) },
  async run(ctx, { flags: { output }, args: [ref = ""] }) {
    const client = await ctx.client();
    return writeArchive(ctx, output, async () => client.containers.export(await containerRef(client, ref)));
  },
});
