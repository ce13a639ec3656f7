import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { inert } from "../../format/inert.ts";
import { lines, table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { quiet: on("q", "Only names") },
  async run(ctx, { flags: { quiet } }) {
    const client = await ctx.client();
    const volumes = await Array.fromAsync(client.volumes.listAll({ limit: 200 }));
    if (quiet)
      return lines(
        volumes.map(({ name }) => inert(name)),
        volumes,
      );
    return table(volumes, [
      { title: "VOLUME NAME", cell: ({ name }) => name },
      { title: "KIND", cell: ({ anonymous }) => (anonymous ? "anonymous" : "named") },
      { title: "HOST", cell: ({ host }) => host ?? "" },
      { title: "MOUNTED BY", cell: ({ mountedBy }) => mountedBy.map(({ name }) => name).join(", ") },
    ]);
  },
});
