import { ProblemError, type Quota } from "@hafen/contract";
import { getQuota, lockContainer, lockQuota, usage, type ContainerRow, type Db } from "@hafen/db";

/** For a user made without one. */
export const DEFAULT_QUOTA: Quota = {
  containers: 100,
  running: 20,
  cpus: 16,
  memoryBytes: 16 * 1024 ** 3,
  volumes: 100,
  images: 200,
  builds: 20,
  pids: 20 * 256,
  imageBytes: 100 * 1024 ** 3,
  buildMinutes: 3_000,
  streams: 1_000,
  keys: 50,
};
/** Admins are bounded by the machine alone, in effect. */
export const ADMIN_QUOTA: Quota = {
  containers: 100_000,
  running: 10_000,
  cpus: 10_000,
  memoryBytes: 2 ** 52,
  volumes: 100_000,
  images: 100_000,
  builds: 10_000,
  pids: 10_000_000,
  imageBytes: 2 ** 52,
  buildMinutes: 10_000_000,
  streams: 10_000,
  keys: 1_000,
};

/**
 * Refuses what would take the user over the quota. Holds the user's quota row until the transaction ends,
 * so that of many parallel requests exactly as many pass as fit.
 */
export async function takeQuota(tx: Db, userId: string, more: Partial<Quota>): Promise<void> {
  // Sent together; the server counts once it has the lock.
  const [quota, used] = await Promise.all([lockQuota(tx, userId), usage(tx, userId)]);
  refuseOver(quota, used, more);
}

/** The same as things are now, for what is to be refused early; it takes and holds nothing. */
export async function foreseeQuota(db: Db, userId: string, more: Partial<Quota>): Promise<void> {
  const [quota, used] = await Promise.all([getQuota(db, userId), usage(db, userId)]);
  refuseOver(quota, used, more);
}

/** What there is still room for. */
export function leftOf(quota: Quota, used: Quota): Quota {
  const entries = (Object.keys(quota) as (keyof Quota)[]).map((name) => [name, Math.max(quota[name] - used[name], 0)]);
  return Object.fromEntries(entries) as Quota;
}

function refuseOver(quota: Quota, used: Quota, more: Partial<Quota>): void {
  for (const [name, add] of Object.entries(more) as [keyof Quota, number][]) {
    if (add > 0 && used[name] + add > quota[name] + 1e-9) {
      throw new ProblemError(
        "quota_exceeded",
        `This needs ${add} more of ${name}; ${used[name]} of ${quota[name]} are taken. Remove or stop something, or ask the admin for more.`,
        {
          quota: name,
          limit: quota[name],
          used: used[name],
        },
      );
    }
  }
}

/**
 * A container as it counts: only once its user's quota is held does what is read of it stay true until the commit. Always in this
 * order, quota before container, so that no two requests wait for each other.
 */
export async function lockForQuota(tx: Db, userId: string, id: string): ReturnType<typeof lockContainer> {
  const [, locked] = await Promise.all([lockQuota(tx, userId), lockContainer(tx, userId, id)]);
  return locked;
}

/** What it has and what it has asked for both count until the host has answered: the larger of the two. */
export function promised({ limits, pendingLimits }: Pick<ContainerRow, "limits" | "pendingLimits">): {
  cpus: number;
  memoryBytes: number;
  pids: number;
} {
  return {
    cpus: Math.max(limits.cpus, pendingLimits?.cpus ?? 0),
    memoryBytes: Math.max(limits.memoryBytes, pendingLimits?.memoryBytes ?? 0),
    pids: Math.max(limits.pids, pendingLimits?.pids ?? 0),
  };
}
