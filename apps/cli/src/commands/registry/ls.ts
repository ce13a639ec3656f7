import { command } from "../../command.ts";
import { ago } from "../../format/age.ts";
import { table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    return table(await client.registries.list(), [
      { title: "REGISTRY", cell: ({ registry }) => registry },
      { title: "USERNAME", cell: ({ username }) => username },
      { title: "STORED", cell: ({ updatedAt }) => ago(updatedAt, ctx.now()) },
    ]);
  },
});
