import type { Changes } from "@hafen/db";

/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Our clock and the database's differ a little: what should be over is asked for again after this. */
const AGAIN_MS = 500;

/** Calls `check`, which never rejects, whenever one of the ids changes, and from `until` on again and again. Answers with how to stop. */
export function recheck(
  changes: Changes,
  { ids, until }: { ids: string[]; until: Date | null },
  check: () => Promise<void>,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (at: Date) => {
    const ms = Math.min(Math.max(at.getTime() - Date.now(), AGAIN_MS), MAX_TIMER_MS);
    timer = setTimeout(() => void check().then(() => timer && arm(at)), ms).unref();
  };
  const off = ids.map((id) => changes.on(id, () => void check()));
  if (until !== null) arm(until);
  return () => {
    clearTimeout(timer);
    timer = undefined;
    for (const stop of off) stop();
  };
}
