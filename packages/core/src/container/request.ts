import { ACTIONS, can, ProblemError, statesFor, type Action, type Use } from "@hafen/contract";
import {
  findContainer,
  requestContainer,
  type Condition,
  type ContainerPatch,
  type ContainerRow,
  type Db,
  type UnderWay,
} from "@hafen/db";
import type { AskCtx } from "../ctx.ts";
import { refuseRevoked } from "../grant/revoked.ts";
import { lockForQuota, promised, takeQuota } from "../quota.ts";
import { record } from "../record.ts";

export interface ContainerKey {
  /** Id or name. */
  ref: string;
}

export async function getContainer(db: Db, userId: string, { ref }: ContainerKey): Promise<ContainerRow> {
  const row = await findContainer(db, userId, ref);
  if (!row) throw new ProblemError("container_not_found", `You have no container ${ref}.`);
  return row;
}

type Change = Omit<ContainerPatch, "desired">;
export interface Request {
  action: Action;
  change?: Change;
  /** Refused while a request of this kind is under way, so that of many exactly one is accepted; or while this is so. */
  unless?: UnderWay | Condition | undefined;
}

/**
 * Every request that changes a container goes through here: the lifecycle table says whether the state allows it, a
 * compare-and-set moves the row, and the host is nudged. If we die in between, the sweep finds the row past its deadline.
 */
export async function request(
  ctx: AskCtx,
  key: ContainerKey,
  { action, change = {}, unless }: Request,
): Promise<ContainerRow> {
  const { userId } = ctx.actor;
  const now = await getContainer(ctx.db, userId, key);
  const { from, to } = ACTIONS[action];
  if (isFulfilled(now, action)) return now;

  const row = await ctx.db.transaction(async (tx) => {
    if (to === "running") {
      await refuseRevoked(tx, now.id);
      const locked = await lockForQuota(tx, userId, now.id);
      if (locked && !locked.isHeld && can(action, locked.row.state))
        await takeQuota(tx, userId, { running: 1, ...promised(locked.row) });
    }
    const moved = await requestContainer(
      tx,
      { id: now.id, userId, from, unless },
      { ...change, desired: to, ...(to === "running" ? {} : { startDue: false }) },
    );
    if (moved) {
      await record(tx, ctx.actor, {
        type: "container.changed",
        action: `container.${action}`,
        subject: now.id,
        data: { desired: to },
        made: true,
      });
    }
    return moved;
  });
  if (!row) {
    const later = await getContainer(ctx.db, userId, { ref: now.id });
    if (isFulfilled(later, action)) return later; // by a request that was quicker
    throw wrongState(later, action);
  }
  await ctx.jobs.enqueue(row.hostId, "container.converge", { id: row.id, generation: row.generation });
  return row;
}

function isFulfilled(row: ContainerRow, action: Action): boolean {
  const { to, again } = ACTIONS[action];
  return (again as readonly string[]).includes(row.state) && row.desired === to && !row.startDue;
}

/** Where the name of what is asked is no verb that a container can follow. */
const VERBS: Partial<Record<Action | Use, string>> = {
  forceRemove: "remove",
  exec: "exec in",
  attach: "attach to",
  connect: "connect to",
  top: "list the processes of",
  stats: "measure",
  isolation: "read the isolation of",
  files: "reach the files of",
  changes: "compare the files of",
};

/** The error of a request that the row did not take: its state says which states would allow it. */
export function wrongState(row: ContainerRow, action: Action | Use): ProblemError {
  const states = statesFor(action);
  const verb = VERBS[action] ?? action;
  const why = states.includes(row.state)
    ? `another request is under way (it is to become ${row.desired})`
    : `it is ${row.state}; that is possible when it is ${states.join(" or ")}`;
  const advice =
    action === "remove" && can("forceRemove", row.state) ? " Stop it first, or remove it with force=true." : "";
  return new ProblemError("container_wrong_state", `Cannot ${verb} ${row.name}: ${why}.${advice}`, {
    state: row.state,
    desired: row.desired,
    states,
  });
}
