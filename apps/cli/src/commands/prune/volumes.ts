import { command } from "../../command.ts";
import { PRUNE_FLAGS } from "./prune-flags.ts";
import { pruned } from "./pruned.ts";

export default command({
  usage: "[VOLUME...]",
  takes: [0, 200],
  flags: PRUNE_FLAGS,
  async run(ctx, { flags, args }) {
    const warning =
      args.length > 0
        ? `This will remove these volumes and their data, unless a container mounts them: ${args.join(", ")}`
        : "This will remove all volumes that no container mounts and that hold nothing.";
    return pruned(ctx, { volumes: args.length > 0 ? args : true }, { ...flags, warning });
  },
});
