import { heldBuilds } from "@hafen/db";
import { removeBuild } from "../build/remove.ts";
import type { Ctx } from "../ctx.ts";
import { carryOut, type Outcome } from "./carry-out.ts";
import { unmet, type Rule } from "./rule.ts";

/** Those that have ended, with their logs; the images they made stay. */
export async function pruneBuilds(ctx: Ctx, rule: Rule, dryRun: boolean): Promise<Outcome> {
  const held = await heldBuilds(ctx.db, ctx.actor.userId);
  const bytes = new Map(held.map(({ id, logBytes, contextBytes }) => [id, logBytes + contextBytes]));
  const verdicts = held.map(({ id, tag, state, labels, endedSeconds }) => {
    const kept = endedSeconds === null ? `it is ${state}` : unmet(rule, { ageSeconds: endedSeconds, labels }, "ended");
    return { id, name: tag ?? id, goes: kept === undefined, why: kept ?? `it has ended: ${state}` };
  });
  return carryOut(
    verdicts,
    { kind: "build", remove: (id) => removeBuild(ctx, id), bytes: (id) => bytes.get(id) ?? 0 },
    dryRun,
  );
}
