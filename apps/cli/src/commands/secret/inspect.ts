import { command } from "../../command.ts";
import { one } from "../../flags.ts";
import { checkedTemplate } from "../../format/template/template.ts";
import { secretView } from "../system/docker-view.ts";
import { inspected } from "../system/inspected.ts";

export default command({
  usage: "SECRET...",
  takes: [1, Infinity],
  flags: { format: one("TEMPLATE", ["f", "Print only this, as {{.Spec.Name}}"], checkedTemplate) },
  async run(ctx, { flags: { format }, args }) {
    const client = await ctx.client();
    const secrets = await Promise.all(args.map((name) => client.secrets.get(name)));
    return inspected(
      secrets.map((secret) => ({ object: secret, view: secretView(secret) })),
      format,
    );
  },
});
