import { command } from "../../command.ts";
import { lines } from "../../result.ts";
import { imageRef } from "../../short-ids.ts";

export default command({
  usage: "IMAGE NAME[:TAG]",
  takes: [2, 2],
  flags: {},
  async run(ctx, { args: [ref = "", tag = ""] }) {
    const client = await ctx.client();
    return lines([], await client.images.tag(await imageRef(client, ref), tag));
  },
});
