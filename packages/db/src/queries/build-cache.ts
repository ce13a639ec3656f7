import { sql } from "drizzle-orm";
import type { Db } from "../client.ts";

/** Each costs the engine a look at its chain of parents, for each step. */
const BUILDS = 20;

/** The engine's ids of what the user's latest builds on the host ended their stages with: all that this user's cache is made of. */
export async function cacheSources(db: Db, { userId, hostId }: { userId: string; hostId: string }): Promise<string[]> {
  const rows = await db.execute<{ layerDigest: string }>(sql`
    with latest as (
      select id from builds
       where user_id = ${userId} and host_id = ${hostId} and kind = 'dockerfile'
       order by id desc limit ${BUILDS}
    ), step as (
      select s.build_id, s.number, s.layer_digest, lead(s.instruction) over (partition by s.build_id order by s.number) as following
        from build_steps s join latest on latest.id = s.build_id
       where s.layer_digest is not null
    )
    select layer_digest as "layerDigest" from step
     where following is null or following ilike 'from %'
     order by build_id desc, number desc`);
  return [...new Set(rows.map(({ layerDigest }) => layerDigest))];
}
