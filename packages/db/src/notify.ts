import { sql as raw, type SQL } from "drizzle-orm";
import type { Db, Sql } from "./client.ts";

const CHANNEL = "hafen";

/** Tells every listening process, when the transaction commits, that the row with this id changed. */
export async function notify(db: Db, id: string): Promise<void> {
  await db.execute(raw`select ${notification(id)}`);
}

/** The same inside a statement that changes the row: one commit instead of two. */
export function notification(id: string): SQL<string> {
  return raw<string>`pg_notify(${CHANNEL}, ${id})`;
}

export interface Changes {
  /** Calls `heard` for each notification of `id`, and once more whenever the connection was lost and is back. */
  on(id: string, heard: () => void): () => void;
  close(): Promise<void>;
}

/** One LISTEN connection for the process, fanned out by id. */
export async function listenForChanges(sql: Sql): Promise<Changes> {
  const listeners = new Map<string, Set<() => void>>();
  const all = () => listeners.forEach((set) => set.forEach((heard) => heard()));
  const subscription = await sql.listen(CHANNEL, (id) => listeners.get(id)?.forEach((heard) => heard()), all);
  return {
    on(id, heard) {
      const set = listeners.get(id) ?? new Set();
      listeners.set(id, set.add(heard));
      return () => {
        set.delete(heard);
        if (set.size === 0 && listeners.get(id) === set) listeners.delete(id);
      };
    },
    close: () => subscription.unlisten(),
  };
}

/**
 * Reads until `done` says so, waking at each notification of `id`; also polls once a second, for a notification lost with a connection.
 * Returns the last row read, also when `timeoutMs` or `signal` ended the wait.
 */
export async function readUntil<T>(
  changes: Changes,
  id: string,
  read: () => Promise<T>,
  done: (row: T) => boolean,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let wake: () => void = () => {};
  let heard = false;
  const off = changes.on(id, () => {
    heard = true;
    wake();
  });
  const onAbort = () => wake();
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      heard = false;
      const row = await read();
      const leftMs = end - performance.now();
      if (done(row) || leftMs <= 0 || signal?.aborted) return row;
      if (!heard) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(leftMs, 1000));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  } finally {
    off();
    signal?.removeEventListener("abort", onAbort);
  }
}
