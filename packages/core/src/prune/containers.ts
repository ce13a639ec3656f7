import { heldContainers, notLying, type ContainerRow, type HeldContainer } from "@hafen/db";
import { removeContainer } from "../container/remove.ts";
import { waitSettled } from "../container/wait.ts";
import type { Ctx } from "../ctx.ts";
import type { UserUsage } from "../usage/df.ts";
import { carryOut, type Outcome } from "./carry-out.ts";
import { unmet, type Rule } from "./rule.ts";

/** For their hosts to remove them: what mounts or uses something is in its way until it is gone. */
const GONE_WITHIN_MS = 60_000;

/** As `docker container prune`: those that do not run. Their volumes stay. */
export async function pruneContainers(
  ctx: Ctx,
  rule: Rule,
  { usage, dryRun, signal }: { usage: UserUsage; dryRun: boolean; signal: AbortSignal },
): Promise<Outcome> {
  const going: ContainerRow[] = [];
  const held = await heldContainers(ctx.db, ctx.actor.userId);
  const outcome = await carryOut(
    held.map((row) => {
      const kept = whyKept(row, rule);
      return { id: row.id, name: row.name, goes: kept === undefined, why: kept ?? `it is ${row.state}` };
    }),
    {
      kind: "container",
      async remove(id) {
        // What starts at this very moment is refused there, and so is kept.
        going.push(await removeContainer(ctx, { ref: id }, { force: false, volumes: false, unless: notLying() }));
      },
      bytes: (id) => usage.containers[id]?.writableBytes ?? null,
    },
    dryRun,
  );
  await Promise.all(going.map((row) => waitSettled(ctx, row, GONE_WITHIN_MS, signal)));
  return outcome;
}

function whyKept(row: HeldContainer, rule: Rule): string | undefined {
  if (row.startDue) return "it is about to start";
  if (row.state === "removing" || row.desired === "removed") return "it is being removed already";
  if (row.state !== "created" && row.state !== "exited" && row.state !== "failed") return `it is ${row.state}`;
  return unmet(rule, row, "made");
}
