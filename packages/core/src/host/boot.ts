import { ProblemError } from "@hafen/contract";
import { findHost, insertEvent, noteBoot, requestContainer, stoppedButAlways, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { NEW_START } from "../container/start.ts";
import { lockForQuota, promised, takeQuota } from "../quota.ts";

/**
 * When the host's machine has started anew, containers with the restart policy `always` start too, as under Docker, also those that a
 * request had stopped. What ran when the machine went down is no matter of this: its end is seen, and its policy asked.
 * Noted once all are asked to start: a worker killed in the middle leaves the rest to the next.
 */
export async function startAfterBoot(ctx: HostCtx, bootId: string): Promise<void> {
  const before = (await findHost(ctx.db, ctx.hostId))?.bootId ?? null;
  if (before === bootId) return;
  if (before !== null) for (const row of await stoppedButAlways(ctx.db, ctx.hostId)) await start(ctx, row);
  await noteBoot(ctx.db, ctx.hostId, bootId);
}

/** One that no longer fits into its user's quota stays stopped. */
async function start(ctx: HostCtx, { id, userId, name }: ContainerRow): Promise<void> {
  try {
    await ctx.db.transaction(async (tx) => {
      const locked = await lockForQuota(tx, userId, id);
      if (!locked) return;
      if (!locked.isHeld) await takeQuota(tx, userId, { running: 1, ...promised(locked.row) });
      const patch = { ...NEW_START, desired: "running", stopRequest: null } as const;
      if (!(await requestContainer(tx, { id, userId, from: ["exited"], unless: "start" }, patch))) return;
      const data = { name, desired: "running", why: "host_started" };
      await insertEvent(tx, { userId, type: "container.changed", subject: id, data });
    });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
}
