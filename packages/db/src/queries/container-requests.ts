import type { State } from "@hafen/contract/lifecycle";
import { and, eq, inArray, ne, sql, type SQL } from "drizzle-orm";
import type { Db } from "../client.ts";
import { notify } from "../notify.ts";
import { containers } from "../schema/index.ts";
import type { ContainerPatch, ContainerRow } from "./containers.ts";

/** What counts against its user's quota and its host's load: it runs, also on its way to its end, or is to run. */
export const isHeld = sql<boolean>`(${containers.state} in ('running', 'paused', 'restarting')
  or ${containers.desired} in ('running', 'paused') and ${containers.state} not in ('failed', 'lost', 'removed'))`;
/** The row, and whether it counts, as both stay until the transaction ends. */
export async function lockContainer(
  tx: Db,
  userId: string,
  id: string,
): Promise<{ row: ContainerRow; isHeld: boolean } | undefined> {
  const [found] = await tx
    .select({ row: containers, isHeld })
    .from(containers)
    .where(and(eq(containers.id, id), eq(containers.userId, userId), ne(containers.state, "removed")))
    .for("update");
  return found;
}

/** A request that excludes this one is under way. */
const underWay = {
  stop: sql`${containers.desired} = 'exited'`,
  start: sql`${containers.startDue}`,
  pause: sql`(${containers.desired} <> 'running' or ${containers.startDue})`,
  unpause: sql`(${containers.desired} <> 'paused' or ${containers.startDue})`,
};
export type UnderWay = keyof typeof underWay;

/**
 * A request moves the row: only from these states, only when it is not on its way to the same end, and raising the generation.
 * Undefined when another request was first or the state does not allow it.
 */
export async function requestContainer(
  tx: Db,
  key: { id: string; userId: string; from: readonly State[]; unless?: UnderWay | Condition | undefined },
  patch: ContainerPatch,
): Promise<ContainerRow | undefined> {
  const [row] = await tx
    .update(containers)
    .set({ ...patch, generation: sql`${containers.generation} + 1`, requestedAt: sql`now()`, failures: 0 })
    .where(
      and(
        eq(containers.id, key.id),
        eq(containers.userId, key.userId),
        inArray(containers.state, [...key.from]),
        ne(containers.desired, "removed"),
        key.unless && sql`not (${typeof key.unless === "string" ? underWay[key.unless] : key.unless})`,
      ),
    )
    .returning();
  if (row) await notify(tx, row.id);
  return row;
}
/** What must be so for a request to be taken; made here, since only here is SQL written. */
export type Condition = SQL;
/**
 * A container that lies around: it does not run and is not about to. With a time, for longer than that: since its end, or since it was
 * made. Held against the row at the moment it is moved, so that one that starts just then is not lost.
 */
export function lying(longerThan?: SQL): Condition {
  const atRest = sql`not ${containers.startDue} and (${containers.state} = 'failed' and ${containers.desired} <> 'removed'
    or ${containers.state} in ('created', 'exited') and ${containers.desired} in ('created', 'exited'))`;
  if (!longerThan) return sql`(${atRest})`;
  return sql`(${atRest} and coalesce(${containers.finishedAt}, ${containers.createdAt}) < now() - ${longerThan})`;
}
/** For `requestContainer`: it does not lie around, or not for so many days. */
export function notLying(days?: number): Condition {
  return sql`not ${lying(days === undefined ? undefined : sql`make_interval(days => ${days})`)}`;
}

/** For `requestContainer`: another request has been accepted since the row was read. */
export function requestedSince({ generation }: Pick<ContainerRow, "generation">): Condition {
  return sql`${containers.generation} <> ${generation}`;
}
