import { command } from "../../command.ts";
import { PRUNE_FILTER, PRUNE_FLAGS, ruleOf } from "./prune-flags.ts";
import { pruned } from "./pruned.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { ...PRUNE_FLAGS, filter: PRUNE_FILTER },
  async run(ctx, { flags: { filter, ...how } }) {
    const warning = "This will remove all builds that have ended, with their logs. Their images stay.";
    return pruned(ctx, { builds: ruleOf(filter, ctx.now()) }, { ...how, warning });
  },
});
