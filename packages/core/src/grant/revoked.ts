import { ACTIONS, ProblemError } from "@hafen/contract";
import {
  insertAudit,
  insertEvent,
  mountsByRevoked,
  requestContainer,
  requestedSince,
  type ContainerRow,
  type Db,
} from "@hafen/db";

/** A start by a grant that was revoked; one that is revoked right after finds the container on its way to run, and ends it. */
export async function refuseRevoked(tx: Db, containerId: string): Promise<void> {
  if (await mountsByRevoked(tx, containerId))
    throw new ProblemError(
      "grant_revoked",
      "It mounts another user's volume, whose grant was revoked. Copy what you need out of it, and make another container.",
    );
}

/** Ends a container that uses what it may use no longer: at once, since its owner wants it so. Undefined when its row has moved on. */
export async function stopRevoked(tx: Db, row: ContainerRow): Promise<ContainerRow | undefined> {
  const { id, userId, name } = row;
  const why = { cause: "grant_revoked" } as const;
  const moved = await requestContainer(
    tx,
    { id, userId, from: ACTIONS.stop.from, unless: requestedSince(row) },
    { desired: "exited", startDue: false, stopRequest: { graceSeconds: 0, by: "hafen", ...why } },
  );
  if (!moved) return undefined;
  await insertEvent(tx, { userId, type: "container.changed", subject: id, data: { name, desired: "exited", ...why } });
  await insertAudit(tx, { userId, action: "container.stop", subject: id, detail: why });
  return moved;
}
