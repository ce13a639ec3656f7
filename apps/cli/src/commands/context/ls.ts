import { command } from "../../command.ts";
import { readContexts } from "../../contexts/file.ts";
import { table } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {},
  async run(ctx) {
    const { current, contexts } = await readContexts(ctx.env);
    const rows = Object.entries(contexts).map(([name, { url }]) => ({ name, url, current: name === current }));
    return table(rows, [
      { title: "NAME", cell: (row) => `${row.name}${row.current ? " *" : ""}` },
      { title: "URL", cell: ({ url }) => url },
    ]);
  },
});
