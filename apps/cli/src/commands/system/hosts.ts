import { command } from "../../command.ts";
import { bytes } from "../../format/bytes.ts";
import { table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const client = await ctx.client();
    return table(await Array.fromAsync(client.hosts.listAll()), [
      { title: "NAME", cell: ({ name }) => name },
      { title: "LIVE", cell: ({ live }) => (live ? "yes" : "no") },
      { title: "CPUS", cell: ({ used, capacity }) => `${used.cpus}/${capacity.cpus}` },
      { title: "MEMORY", cell: ({ used, capacity }) => `${bytes(used.memoryBytes)}/${bytes(capacity.memoryBytes)}` },
      { title: "CONTAINERS", cell: ({ used }) => String(used.containers) },
      { title: "ENGINE", cell: ({ engine }) => engine.version },
      {
        title: "MISSING PROTECTIONS",
        cell: ({ protections }) =>
          Object.keys(protections)
            .filter((name) => !protections[name])
            .join(", ") || "none",
      },
    ]);
  },
});
