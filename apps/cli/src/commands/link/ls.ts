import { command } from "../../command.ts";
import { ago } from "../../format/age.ts";
import { table } from "../../result.ts";
import { containerRef } from "../../short-ids.ts";

export default command({
  usage: "CONTAINER",
  takes: [1, 1],
  flags: {},
  async run(ctx, { args: [ref = ""] }) {
    const client = await ctx.client();
    return table(await Array.fromAsync(client.links.listAll(await containerRef(client, ref))), [
      { title: "LINK ID", cell: ({ id }) => id },
      { title: "PORT", cell: ({ port }) => String(port) },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
      { title: "EXPIRES", cell: ({ expiresAt }) => expiresAt },
    ]);
  },
});
