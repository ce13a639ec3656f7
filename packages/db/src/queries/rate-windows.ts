import { lt, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { rateWindows } from "../schema/index.ts";
import { withoutFlush } from "../without-flush.ts";

/** Adds to the key's window, which opens with the first that is added and then lasts so long. */
export async function countInWindow(
  db: Db,
  key: string,
  by: number,
  windowMs: number,
): Promise<{ count: number; leftMs: number }> {
  const endsAt = sql`now() + make_interval(secs => ${windowMs / 1000})`;
  const isOver = sql`${rateWindows.endsAt} <= now()`;
  const [row] = await db
    .insert(rateWindows)
    .values({ key, count: by, endsAt })
    .onConflictDoUpdate({
      target: rateWindows.key,
      set: {
        count: sql`case when ${isOver} then excluded.count else ${rateWindows.count} + excluded.count end`,
        endsAt: sql`case when ${isOver} then excluded.ends_at else ${rateWindows.endsAt} end`,
      },
    })
    .returning({
      count: rateWindows.count,
      leftMs: sql<number>`(extract(epoch from ${rateWindows.endsAt} - now()) * 1000)::float8`,
      withoutFlush,
    });
  if (!row) throw new Error("countInWindow: no row");
  return row;
}

export async function pruneRateWindows(db: Db): Promise<void> {
  await db.delete(rateWindows).where(lt(rateWindows.endsAt, sql`now()`));
}
