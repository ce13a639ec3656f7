import type { ImageConfig } from "@hafen/contract";
import { IMAGE_STATES } from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { createdAt, oneOf, time } from "./columns.ts";
import { hosts } from "./hosts.ts";
import { users } from "./users.ts";

/** An image a user owns. The same engine image may be held by many users, each with a row and an internal tag of their own. */
export const images = pgTable(
  "images",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    hostId: text("host_id")
      .notNull()
      .references(() => hosts.id),
    /** `sha256:…` of the image's configuration: the engine's image id. */
    digest: text("digest").notNull(),
    state: text("state").$type<(typeof IMAGE_STATES)[number]>().notNull().default("ready"),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    architecture: text("architecture").notNull(),
    os: text("os").notNull(),
    config: jsonb("config").$type<ImageConfig>().notNull(),
    diffIds: text("diff_ids").array().notNull(),
    /** What each of them adds, in their order. Empty in rows from before it was kept. */
    layerBytes: jsonb("layer_bytes").$type<number[]>().notNull().default([]),
    /** `sha256:…` of the manifest in the registry it was pulled from or pushed to last. */
    manifestDigest: text("manifest_digest"),
    /** Offered to everyone by an admin. */
    catalog: boolean("catalog").notNull().default(false),
    /** The build that made it last; no foreign key, builds are pruned before images. */
    buildId: text("build_id"),
    createdAt: createdAt(),
  },
  (t) => [
    check("images_state", oneOf("state", IMAGE_STATES)),
    unique("images_id_user").on(t.id, t.userId),
    uniqueIndex("images_user_digest")
      .on(t.userId, t.hostId, t.digest)
      .where(sql`state = 'ready'`),
    index("images_host").on(t.hostId),
  ],
);

/** A user's name for an image: one image per user and name. */
export const imageTags = pgTable(
  "image_tags",
  {
    userId: text("user_id").notNull(),
    /** `repository:tag`, normalised. */
    name: text("name").notNull(),
    imageId: text("image_id").notNull(),
    catalog: boolean("catalog").notNull().default(false),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.name] }),
    foreignKey({
      columns: [t.imageId, t.userId],
      foreignColumns: [images.id, images.userId],
      name: "image_tags_own_image",
    }).onDelete("cascade"),
    uniqueIndex("image_tags_catalog")
      .on(t.name)
      .where(sql`catalog`),
    index("image_tags_image").on(t.imageId),
  ],
);

/** An image's history, newest first, as `docker history` tells it. */
export const layers = pgTable(
  "layers",
  {
    imageId: text("image_id")
      .notNull()
      .references(() => images.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    imageDigest: text("image_digest"),
    createdBy: text("created_by").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    comment: text("comment").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.imageId, t.position] })],
);
