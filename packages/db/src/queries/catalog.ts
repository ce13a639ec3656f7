import { and, eq, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { containers, images, imageTags } from "../schema/index.ts";

/** Names of the catalog that one admin offers and that the other has given to an image of their own. */
export async function catalogClashes(tx: Db, from: string, to: string): Promise<string[]> {
  const rows = await tx.execute<{ name: string }>(sql`
    select t.name from image_tags t join image_tags own on own.user_id = ${to} and own.name = t.name
     where t.user_id = ${from} and t.catalog order by t.name`);
  return rows.map(({ name }) => name);
}

/**
 * What one admin offers to everyone becomes another's to offer, with the containers that were made from it. Where the other has the same
 * image already, that one takes its names. Answers with how many images there were.
 */
export async function handOverCatalog(tx: Db, from: string, to: string): Promise<number> {
  const offered = await tx
    .select()
    .from(images)
    .where(and(eq(images.userId, from), images.catalog, eq(images.state, "ready")))
    .for("update");
  for (const image of offered) {
    const tags = await tx.delete(imageTags).where(eq(imageTags.imageId, image.id)).returning();
    const [same] = await tx
      .select()
      .from(images)
      .where(
        and(
          eq(images.userId, to),
          eq(images.hostId, image.hostId),
          eq(images.digest, image.digest),
          eq(images.state, "ready"),
        ),
      )
      .for("update");
    if (same) {
      await tx.update(images).set({ catalog: true }).where(eq(images.id, same.id));
      await tx.update(images).set({ catalog: false }).where(eq(images.id, image.id));
      await tx.update(containers).set({ imageId: same.id }).where(eq(containers.imageId, image.id));
    } else await tx.update(images).set({ userId: to }).where(eq(images.id, image.id));
    const names = tags.filter(({ catalog }) => catalog);
    if (names.length > 0)
      await tx.insert(imageTags).values(names.map((tag) => ({ ...tag, userId: to, imageId: same?.id ?? image.id })));
  }
  return offered.length;
}
