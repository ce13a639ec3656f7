import { and, desc, eq, gt, inArray, isNull, lt, ne, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { containers, portLinks } from "../schema/index.ts";
import type { ContainerRow } from "./containers.ts";
import type { Page } from "./users.ts";

export type PortLinkRow = typeof portLinks.$inferSelect;

const live = and(isNull(portLinks.revokedAt), gt(portLinks.expiresAt, sql`now()`));

export async function insertLink(
  tx: Db,
  link: Omit<typeof portLinks.$inferInsert, "expiresAt">,
  forSeconds: number,
): Promise<PortLinkRow> {
  const expiresAt = sql`now() + make_interval(secs => ${forSeconds})`;
  const [row] = await tx
    .insert(portLinks)
    .values({ ...link, expiresAt })
    .returning();
  if (!row) throw new Error("insertLink: no row");
  return row;
}

export function listLinks(db: Db, userId: string, containerId: string, page: Page): Promise<PortLinkRow[]> {
  return db
    .select()
    .from(portLinks)
    .where(
      and(
        eq(portLinks.userId, userId),
        eq(portLinks.containerId, containerId),
        live,
        page.after ? lt(portLinks.id, page.after) : undefined,
      ),
    )
    .orderBy(desc(portLinks.id))
    .limit(page.limit);
}

export async function revokeLink(
  tx: Db,
  link: { userId: string; containerId: string; id: string },
): Promise<PortLinkRow | undefined> {
  const [row] = await tx
    .update(portLinks)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(portLinks.id, link.id),
        eq(portLinks.userId, link.userId),
        eq(portLinks.containerId, link.containerId),
        live,
      ),
    )
    .returning();
  return row;
}

/** A live link into this port with one of the hashes, and its container, which is not removed. */
export async function findLiveLink(
  db: Db,
  { hashes, containerId, port }: { hashes: string[]; containerId: string; port: number },
): Promise<{ link: PortLinkRow; container: ContainerRow } | undefined> {
  const [row] = await db
    .select({ link: portLinks, container: containers })
    .from(portLinks)
    .innerJoin(containers, eq(containers.id, portLinks.containerId))
    .where(
      and(
        inArray(portLinks.hash, hashes),
        eq(portLinks.containerId, containerId),
        eq(portLinks.port, port),
        live,
        ne(containers.state, "removed"),
      ),
    )
    .limit(1);
  return row;
}

/** Those that are over are kept a day, for whoever asks why one does not work. */
export async function pruneLinks(db: Db): Promise<void> {
  await db.delete(portLinks).where(lt(portLinks.expiresAt, sql`now() - interval '1 day'`));
}
