import { command } from "../../command.ts";
import { each } from "../../each.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER LINK...",
  takes: [2, Infinity],
  flags: {},
  async run(ctx, { args: [given = "", ...links] }) {
    const client = await ctx.client();
    const ref = await containerRef(client, given);
    return each(links, (link) => client.links.revoke(ref, link));
  },
});
