import { ProblemError } from "@hafen/contract";

/** What each user may have open at once in one api process. */
const AT_ONCE = {
  sessions: { most: 100, of: "WebSockets into containers" },
  /** A forwarded port has one for each connection that a browser or a database pool opens. */
  connections: { most: 500, of: "connections to ports" },
  /** Of one user's containers, by whomever. */
  visits: { most: 500, of: "requests to ports" },
  /** Logs, stats, events, waits. */
  streams: { most: 200, of: "streams" },
  execs: { most: 100, of: "execs" },
  /** Files and whole file systems: each may be a container of its own on the host. */
  transfers: { most: 16, of: "transfers of files" },
  /** Build contexts and images that are being read. */
  uploads: { most: 16, of: "uploads" },
} as const;
export type SlotKind = keyof typeof AT_ONCE;
const COUNTED = (Object.keys(AT_ONCE) as SlotKind[]).filter((kind) => kind !== "visits");

export interface Slots {
  /**
   * Takes one of the user's; answers with how to give it back. `quota`: how many of all kinds the user may have open; visits are others',
   * and count against none. @throws ProblemError when there is none left.
   */
  take(kind: SlotKind, userId: string, quota?: number): () => void;
  /** How many the user has open, of all kinds but visits. */
  openOf(userId: string): number;
}

export function openSlots(): Slots {
  const open = new Map<string, number>();
  const openOf = (userId: string) => COUNTED.reduce((sum, kind) => sum + (open.get(`${kind} ${userId}`) ?? 0), 0);
  return {
    openOf,
    take(kind, userId, quota = Infinity) {
      const { most, of } = AT_ONCE[kind];
      const id = `${kind} ${userId}`;
      const now = open.get(id) ?? 0;
      if (now >= most)
        throw new ProblemError(
          "too_many_streams",
          `There are ${most} ${of} open, the most at once. Wait for one to end.`,
        );
      const all = openOf(userId);
      if (kind !== "visits" && all >= quota)
        throw new ProblemError(
          "too_many_streams",
          `Your quota of ${quota} open streams is taken. Wait for one to end, or ask the admin for more.`,
          { quota: "streams", limit: quota, used: all },
        );
      open.set(id, now + 1);
      return () => {
        const left = (open.get(id) ?? 1) - 1;
        if (left === 0) open.delete(id);
        else open.set(id, left);
      };
    },
  };
}
