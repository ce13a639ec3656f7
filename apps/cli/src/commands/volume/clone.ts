import { command } from "../../command.ts";
import { many } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { pair } from "../../format/quantities.ts";
import { lines } from "../../result.ts";

/** As long as the API waits at once. */
const WAIT_SECONDS = 300;

export default command({
  usage: "VOLUME NAME|PATH",
  takes: [2, 2],
  flags: { label: many("KEY=VALUE", ["Attach a label"], pair) },
  async run(ctx, { flags: { label }, args: [from = "", name = ""] }) {
    const client = await ctx.client();
    const body = { name, ...(label.length > 0 ? { labels: Object.fromEntries(label) } : {}) };
    const volume = await client.volumes.clone(from, body, { waitSeconds: WAIT_SECONDS });
    const still = volume.state === "copying" ? " (still copying)" : "";
    return lines([`${inert(volume.name)}${still}`], volume);
  },
});
