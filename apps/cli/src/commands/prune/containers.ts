import { command } from "../../command.ts";
import { PRUNE_FILTER, PRUNE_FLAGS, ruleOf } from "./prune-flags.ts";
import { pruned } from "./pruned.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: { ...PRUNE_FLAGS, filter: PRUNE_FILTER },
  async run(ctx, { flags: { filter, ...how } }) {
    const warning = "This will remove all stopped containers.";
    return pruned(ctx, { containers: ruleOf(filter, ctx.now()) }, { ...how, warning });
  },
});
