import { command } from "../../command.ts";
import { lines } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER NEW_NAME",
  takes: [2, 2],
  flags: {},
  async run(ctx, { args: [ref = "", name = ""] }) {
    const client = await ctx.client();
    return lines([], await client.containers.rename(await containerRef(client, ref), name));
  },
});
