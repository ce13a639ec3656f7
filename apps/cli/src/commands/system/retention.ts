import { command } from "../../command.ts";
import { UsageError } from "../../failures.ts";
import { one } from "../../flags.ts";
import { lines } from "../../result.ts";

export default command({
  usage: "",
  takes: [0, 0],
  flags: {
    stoppedContainers: one("DAYS|never", ["Remove containers so long after their end"], daysOf),
    builds: one("DAYS|never", ["Forget builds, with their logs, so long after their end"], daysOf),
  },
  async run(ctx, { flags: { stoppedContainers, builds } }) {
    const client = await ctx.client();
    const now = await client.system.retention();
    const changed = stoppedContainers !== undefined || builds !== undefined;
    const policy = {
      stoppedContainersDays: stoppedContainers === undefined ? now.stoppedContainersDays : stoppedContainers,
      endedBuildsDays: builds === undefined ? now.endedBuildsDays : builds,
    };
    const held = changed ? await client.system.setRetention(policy) : now;
    return lines(
      [
        `Stopped containers: ${textOf(held.stoppedContainersDays)}`,
        `Ended builds:       ${textOf(held.endedBuildsDays)}`,
        "Volumes:            never",
      ],
      held,
    );
  },
});

function daysOf(text: string): number | null {
  if (text === "never") return null;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError("a number of days from 1 on, or never");
  return Number(text);
}

function textOf(days: number | null): string {
  return days === null ? "never" : `after ${days} day${days === 1 ? "" : "s"}`;
}
