import { command } from "../../command.ts";
import { on } from "../../flags.ts";
import { PRUNE_FILTER, PRUNE_FLAGS, ruleOf } from "./prune-flags.ts";
import { pruned } from "./pruned.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { all: on("a", "Also those with a tag, if no container uses them"), ...PRUNE_FLAGS, filter: PRUNE_FILTER },
  async run(ctx, { flags: { all, filter, ...how } }) {
    const rule = ruleOf(filter, ctx.now());
    const warning = all
      ? "This will remove all images without at least one container associated to them."
      : "This will remove all dangling images.";
    return pruned(ctx, { images: { all, ...(rule === true ? {} : rule) } }, { ...how, warning });
  },
});
