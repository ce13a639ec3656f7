import { randomBytes } from "node:crypto";
import { command } from "../../command.ts";
import { many } from "../../flags.ts";
import { pair } from "../../format/quantities.ts";
import { inert } from "../../format/inert.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "[NAME|PATH]",
  takes: [0, 1],
  flags: { label: many("KEY=VALUE", ["Attach a label"], pair) },
  async run(ctx, { flags: { label }, args: [name = randomBytes(16).toString("hex")] }) {
    const client = await ctx.client();
    const volume = await client.volumes.create({
      name,
      ...(label.length > 0 ? { labels: Object.fromEntries(label) } : {}),
    });
    return lines([inert(volume.name)], volume);
  },
});
