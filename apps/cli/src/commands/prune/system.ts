import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { on } from "../../flags.ts";
import { PRUNE_FILTER, PRUNE_FLAGS, ruleOf } from "./prune-flags.ts";
import { pruned } from "./pruned.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    all: on("a", "Also images with a tag, if no container uses them"),
    volumes: on("Also volumes that no container mounts and that hold nothing"),
    ...PRUNE_FLAGS,
    filter: PRUNE_FILTER,
  },
  async run(ctx, { flags: { all, volumes, filter, ...how } }) {
    if (volumes && filter.length > 0) throw new UsageError("--filter is not for volumes: prune those by themselves");
    const rule = ruleOf(filter, ctx.now());
    const what = [
      "all stopped containers",
      ...(volumes ? ["all volumes that no container mounts and that hold nothing"] : []),
      all ? "all images without at least one container associated to them" : "all dangling images",
      "all builds that have ended, with their logs",
    ];
    const body = {
      containers: rule,
      images: { all, ...(rule === true ? {} : rule) },
      builds: rule,
      ...(volumes ? { volumes: true as const } : {}),
    };
    return pruned(ctx, body, {
      ...how,
      warning: ["This will remove:", ...what.map((line) => `  - ${line}`), ""].join("\n"),
    });
  },
});
