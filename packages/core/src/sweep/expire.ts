import { ACTIONS } from "@hafen/contract";
import {
  expiredContainers,
  insertAudit,
  insertEvent,
  leftoverContainers,
  requestContainer,
  requestedSince,
  runningByRevoked,
  type ContainerPatch,
  type ContainerRow,
} from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { stopRevoked } from "../grant/revoked.ts";
import { DEFAULT_GRACE_SECONDS } from "../container/stop.ts";

/** Whoever followed a container that removes itself has read its last words by then. */
const LINGER_SECONDS = 10;

/** What Hafen itself asks of the host's containers, as its users have told it to: stops of those past their time, removals of those that want it. */
export async function endExpired(ctx: HostCtx): Promise<ContainerRow[]> {
  const [expired, leftover, revoked] = await Promise.all([
    expiredContainers(ctx.db, ctx.hostId),
    leftoverContainers(ctx.db, ctx.hostId, LINGER_SECONDS),
    // Those that were on their way to run when their grant was revoked.
    runningByRevoked(ctx.db, { hostId: ctx.hostId }),
  ]);
  const moved = await Promise.all([
    ...expired.map((row) => stopFor(ctx, row, "ttl")),
    ...revoked.map((row) => ctx.db.transaction((tx) => stopRevoked(tx, row))),
    ...leftover.map((row) =>
      ask(ctx, row, "remove", { desired: "removed", state: "removing", removeVolumes: true }, { autoRemove: true }),
    ),
  ]);
  return moved.flatMap((row) => row ?? []);
}

/** The stop signal, then SIGKILL: the cause is the row's, so that its end tells it whoever sees the end. */
export function stopFor(ctx: HostCtx, row: ContainerRow, cause: "ttl" | "idle"): Promise<ContainerRow | undefined> {
  const stopRequest = { graceSeconds: DEFAULT_GRACE_SECONDS, by: "hafen", cause };
  return ask(ctx, row, "stop", { desired: "exited", startDue: false, stopRequest }, { cause });
}

/** Undefined when something was asked of the row since it was read: a request of its user's comes first. */
function ask(
  ctx: HostCtx,
  row: ContainerRow,
  action: "stop" | "remove",
  patch: ContainerPatch,
  why: Record<string, unknown>,
): Promise<ContainerRow | undefined> {
  const { id, userId, name } = row;
  return ctx.db.transaction(async (tx) => {
    const unless = requestedSince(row);
    const moved = await requestContainer(tx, { id, userId, from: ACTIONS[action].from, unless }, patch);
    if (!moved) return undefined;
    await insertEvent(tx, {
      userId,
      type: "container.changed",
      subject: id,
      data: { name, desired: moved.desired, ...why },
    });
    await insertAudit(tx, { userId, action: `container.${action}`, subject: id, detail: why });
    return moved;
  });
}
