import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { grantOf } from "./of.ts";

export default command({
  usage: "image|volume REF GRANT...",
  takes: [3, Infinity],
  flags: {},
  async run(ctx, { args: [type = "", ref = "", ...grants] }) {
    const client = await ctx.client();
    return each(grants, (id) => client.grants.revoke(grantOf(type, ref), id));
  },
});
