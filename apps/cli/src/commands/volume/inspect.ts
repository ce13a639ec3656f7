import { command } from "../../command.ts";
import { one } from "../../flags.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { volumeView } from "../system/docker-view.ts";
import { inspected } from "../system/inspected.ts";

export default command({
  usage: "VOLUME...",
  takes: [1, Infinity],
  flags: { format: one("TEMPLATE", ["f", "Print only this, as {{.Name}}"], checkedTemplate) },
  async run(ctx, { flags: { format }, args }) {
    const client = await ctx.client();
    const volumes = await Promise.all(args.map((ref) => client.volumes.get(ref)));
    return inspected(
      volumes.map((volume) => ({ object: volume, view: volumeView(volume) })),
      format,
    );
  },
});
