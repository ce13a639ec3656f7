import { ProblemError, USES, type Limits, type UpdateContainer } from "@hafen/contract";
import { fromNow, nameIsTaken, requestContainer, type ContainerPatch, type ContainerRow } from "@hafen/db";
import type { Ctx } from "../ctx.ts";
import { refuseOverCapacity } from "../host/capacity.ts";
import { lockForQuota, promised, takeQuota } from "../quota.ts";
import { record } from "../record.ts";
import { mergeLimits } from "./limits.ts";
import { declaredPorts } from "./ports.ts";
import { getContainer, wrongState, type ContainerKey } from "./request.ts";

/**
 * Changes what may change of a container that there is. Limits are put on by its host, which may refuse them (`limitsRefused`); all
 * else holds from the commit. Its name is how its neighbours find it from its next start.
 */
export async function updateContainer(ctx: Ctx, key: ContainerKey, input: UpdateContainer): Promise<ContainerRow> {
  const { userId } = ctx.actor;
  const { id } = await getContainer(ctx.db, userId, key);

  const row = await ctx.db.transaction(async (tx) => {
    // Also with nothing to take: it is the lock under which names are given.
    const locked = await lockForQuota(tx, userId, id);
    if (!locked) return undefined;
    const now = locked.row;
    refuseRestart(now, input);
    const limits = input.limits && mergeLimits(now.pendingLimits ?? now.limits, input.limits);
    if (limits) {
      await refuseOverCapacity(tx, now.hostId, limits);
      if (locked.isHeld) await takeQuota(tx, userId, more(now, limits));
    }
    if (input.name !== undefined && input.name !== now.name && (await nameIsTaken(tx, userId, input.name)))
      throw nameTaken(input.name);
    const from = onlyName(input) ? USES.rename : USES.update;
    const moved = await requestContainer(tx, { id, userId, from }, patchOf(now, input, limits));
    if (moved) {
      await record(tx, ctx.actor, {
        type: input.name === undefined || input.name === now.name ? "container.changed" : "container.renamed",
        action: "container.update",
        subject: id,
        data: { ...input, ...(input.name === undefined ? {} : { from: now.name }) },
        made: true,
      });
    }
    return moved;
  });
  if (!row) throw wrongState(await getContainer(ctx.db, userId, { ref: id }), onlyName(input) ? "rename" : "update");
  await ctx.jobs.enqueue(row.hostId, "container.converge", { id: row.id, generation: row.generation });
  return row;
}

/** As for a new one: what removes itself at its end cannot be started again after it. */
function refuseRestart(now: ContainerRow, { restart }: UpdateContainer): void {
  if (!now.autoRemove || (restart?.policy ?? "no") === "no") return;
  const errors = [{ pointer: "/restart", detail: "excluded by autoRemove" }];
  throw new ProblemError("invalid_request", `${now.name} removes itself at its end, so no policy can start it again.`, {
    errors,
  });
}

function onlyName(input: UpdateContainer): boolean {
  return Object.entries(input).every(([field, value]) => field === "name" || value === undefined);
}

function more(now: ContainerRow, limits: Limits): { cpus: number; memoryBytes: number } {
  const counted = promised(now);
  return { cpus: limits.cpus - counted.cpus, memoryBytes: limits.memoryBytes - counted.memoryBytes };
}

function patchOf(now: ContainerRow, input: UpdateContainer, limits: Limits | undefined): ContainerPatch {
  const { name, restart, ttlSeconds, idleTimeoutSeconds } = input;
  const runs = now.state === "running" || now.state === "paused";
  return {
    ...(name !== undefined && { name }),
    ...(limits && { pendingLimits: limits, limitsRefused: null }),
    ...(input.ports && { ports: declaredPorts(input.ports, []) }),
    ...(restart && { restartPolicy: restart.policy, restartMaximum: restart.maximumRetryCount || null }),
    ...(ttlSeconds !== undefined && {
      ttlSeconds,
      expiresAt: ttlSeconds === null || !runs ? null : fromNow(ttlSeconds * 1000),
    }),
    ...(idleTimeoutSeconds !== undefined && {
      idleTimeoutSeconds,
      activeAt: idleTimeoutSeconds === null || !runs ? null : fromNow(0),
    }),
  };
}

export function nameTaken(name: string): ProblemError {
  return new ProblemError(
    "name_taken",
    `You have a container named ${name}. Remove or rename it, or take another name.`,
  );
}
