import type { Retention } from "@hafen/contract";
import { asc, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { builds, containers, retention } from "../schema/index.ts";
import { lying } from "./container-requests.ts";

export async function getRetention(db: Db, userId: string): Promise<Retention> {
  const [row] = await db.select().from(retention).where(eq(retention.userId, userId));
  return {
    stoppedContainersDays: row?.stoppedContainersDays ?? null,
    endedBuildsDays: row?.endedBuildsDays ?? null,
  };
}

export async function setRetention(tx: Db, userId: string, policy: Retention): Promise<void> {
  await tx
    .insert(retention)
    .values({ userId, ...policy })
    .onConflictDoUpdate({ target: retention.userId, set: policy });
}

export interface Overdue {
  id: string;
  userId: string;
  /** Its owner's policy. */
  days: number;
}

/** Stopped containers that are past what their owners said, the longest first. */
export function overdueContainers(db: Db, limit: number): Promise<Overdue[]> {
  return db
    .select({
      id: containers.id,
      userId: containers.userId,
      days: sql<number>`${retention.stoppedContainersDays}`,
    })
    .from(containers)
    .innerJoin(retention, eq(retention.userId, containers.userId))
    .where(lying(sql`make_interval(days => ${retention.stoppedContainersDays})`))
    .orderBy(asc(containers.finishedAt))
    .limit(limit);
}

export function overdueBuilds(db: Db, limit: number): Promise<Overdue[]> {
  return db
    .select({
      id: builds.id,
      userId: builds.userId,
      days: sql<number>`${retention.endedBuildsDays}`,
    })
    .from(builds)
    .innerJoin(retention, eq(retention.userId, builds.userId))
    .where(sql`${builds.finishedAt} < now() - make_interval(days => ${retention.endedBuildsDays})`)
    .orderBy(asc(builds.finishedAt))
    .limit(limit);
}
