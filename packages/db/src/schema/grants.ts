import { ACCESS, type Access } from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import { check, foreignKey, index, pgTable, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, oneOf, time } from "./columns.ts";
import { images } from "./images.ts";
import { users } from "./users.ts";
import { volumes } from "./volumes.ts";

/** What its owner lets one other user do with an image or a volume. The composite keys make a grant of somebody else's thing impossible. */
export const grants = pgTable(
  "grants",
  {
    id: text("id").primaryKey(),
    ownerId: text("owner_id")
      .notNull()
      .references(() => users.id),
    granteeId: text("grantee_id")
      .notNull()
      .references(() => users.id),
    imageId: text("image_id"),
    volumeId: text("volume_id"),
    access: text("access").$type<Access>().notNull(),
    createdAt: createdAt(),
    /** It stays while a container's mount says by which grant it was made; no start is allowed by it any more. */
    revokedAt: time("revoked_at"),
  },
  (t) => [
    check("grants_access", oneOf("access", ACCESS)),
    check("grants_of_one", sql`(image_id is null) <> (volume_id is null)`),
    check("grants_to_another", sql`owner_id <> grantee_id`),
    foreignKey({
      columns: [t.imageId, t.ownerId],
      foreignColumns: [images.id, images.userId],
      name: "grants_own_image",
    }).onDelete("cascade"),
    foreignKey({
      columns: [t.volumeId, t.ownerId],
      foreignColumns: [volumes.id, volumes.userId],
      name: "grants_own_volume",
    }).onDelete("cascade"),
    unique("grants_id_volume_grantee").on(t.id, t.volumeId, t.granteeId),
    uniqueIndex("grants_image")
      .on(t.granteeId, t.imageId)
      .where(sql`revoked_at is null`),
    uniqueIndex("grants_volume")
      .on(t.granteeId, t.volumeId)
      .where(sql`revoked_at is null`),
    index("grants_owner").on(t.ownerId, t.id),
  ],
);
