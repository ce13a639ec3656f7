import { command } from "../../command.ts";
import { ago } from "../../format/age.ts";
import { table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    return table(await Array.fromAsync(client.keys.listAll()), [
      { title: "KEY ID", cell: ({ id }) => id },
      { title: "NAME", cell: ({ name }) => name },
      { title: "SCOPES", cell: ({ scopes }) => scopes.join(",") },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
      { title: "LAST USED", cell: ({ lastUsedAt }) => (lastUsedAt ? ago(lastUsedAt, ctx.now()) : "never") },
      { title: "EXPIRES", cell: ({ expiresAt }) => expiresAt ?? "never" },
    ]);
  },
});
