import { UsageError } from "../../failures.ts";
import { many, on } from "../../flags.ts";
import { pair, pastTime } from "../../format/quantities.ts";

export const PRUNE_FLAGS = {
  force: on("f", "Do not ask"),
  dryRun: on("Say what would go and what stays, and why"),
};
export const PRUNE_FILTER = many("KEY=VALUE", ["until=24h, label=KEY or label=KEY=VALUE"], pair);

/** What the filters say, for the service: older than, and with all of the labels. Without any, everything. */
export function ruleOf(
  filter: [string, string][],
  nowMs: number,
): true | { olderThanSeconds?: number; labels?: string[] } {
  const rule: { olderThanSeconds?: number; labels?: string[] } = {};
  for (const [key, value] of filter) {
    if (key === "until") rule.olderThanSeconds = secondsSince(pastTime(value)(nowMs), nowMs);
    // Docker writes a label without a value without the equals sign.
    else if (key === "label") (rule.labels ??= []).push(value.replace(/=$/, ""));
    else throw new UsageError(`invalid filter '${key}': until or label`);
  }
  return filter.length === 0 ? true : rule;
}

function secondsSince(time: Date, nowMs: number): number {
  const seconds = Math.round((nowMs - time.getTime()) / 1000);
  if (seconds < 0) throw new UsageError("until takes a time that has passed");
  return seconds;
}
