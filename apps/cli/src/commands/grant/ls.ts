import { command } from "../../command.ts";
import { ago } from "../../format/age.ts";
import { table } from "../../result.ts";
import { grantOf } from "./of.ts";

export default command({
  usage: "[image|volume REF]",
  takes: [0, 2],
  flags: {},
  async run(ctx, { args: [type, ref = ""] }) {
    const client = await ctx.client();
    const grants =
      type === undefined
        ? await Array.fromAsync(client.grants.receivedAll())
        : await client.grants.given(grantOf(type, ref));
    return table(grants, [
      { title: "GRANT ID", cell: ({ id }) => id },
      { title: "OWNER", cell: ({ owner }) => owner },
      { title: "TO", cell: ({ grantee }) => grantee },
      { title: "TYPE", cell: (grant) => grant.type },
      { title: "NAME", cell: ({ names, subject }) => names[0] ?? subject },
      { title: "ACCESS", cell: ({ access }) => access },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
    ]);
  },
});
