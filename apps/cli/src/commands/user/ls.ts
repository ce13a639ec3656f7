import { command } from "../../command.ts";
import { ago } from "../../format/age.ts";
import { table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    return table(await Array.fromAsync(client.users.listAll()), [
      { title: "USER ID", cell: ({ id }) => id },
      { title: "NAME", cell: ({ name }) => name },
      { title: "ROLE", cell: ({ role }) => role },
      { title: "STATE", cell: ({ state }) => state },
      { title: "CREATED", cell: ({ createdAt }) => ago(createdAt, ctx.now()) },
    ]);
  },
});
