import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { commandHelp, overview } from "../../help.ts";
import { lines } from "../../result.ts";
import { findCommand } from "../table.ts";

export default command({
  usage: "[COMMAND]",
  takes: [0, 2],
  flags: {},
  async run(_, { args }) {
    if (args.length === 0) return lines(overview(), overview());
    const found = findCommand(args);
    if (!found) throw new UsageError(`'${args.join(" ")}' is not a hafen command`);
    const { default: asked } = await found.row.load();
    const text = commandHelp(found.row.name, found.row.summary, asked);
    return lines(text, text);
  },
});
