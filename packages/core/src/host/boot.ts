import { ProblemError } from "@hafen/contract";
import { insertEvent, noteBoot, requestContainer, stoppedButAlways, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { NEW_START } from "../container/start.ts";
import { takeQuota } from "../quota.ts";

/**
 * When the host's machine has started anew, containers with the restart policy `always` start too, as under Docker, also those that a
 * request had stopped. What ran when the machine went down is no matter of this: its end is seen, and its policy asked.
 */
export async function startAfterBoot(ctx: HostCtx, bootId: string): Promise<void> {
  if (!(await noteBoot(ctx.db, ctx.hostId, bootId))) return;
  for (const row of await stoppedButAlways(ctx.db, ctx.hostId)) await start(ctx, row);
}

/** One that no longer fits into its user's quota stays stopped. */
async function start(ctx: HostCtx, { id, userId, name, limits }: ContainerRow): Promise<void> {
  try {
    await ctx.db.transaction(async (tx) => {
      await takeQuota(tx, userId, { running: 1, cpus: limits.cpus, memoryBytes: limits.memoryBytes });
      const patch = { ...NEW_START, desired: "running", stopRequest: null } as const;
      if (!(await requestContainer(tx, { id, userId, from: ["exited"], unless: "start" }, patch))) return;
      const data = { name, desired: "running", why: "host_started" };
      await insertEvent(tx, { userId, type: "container.changed", subject: id, data });
    });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
}
