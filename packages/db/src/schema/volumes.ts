import { VOLUME_STATES, type VolumeState } from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import { boolean, check, index, jsonb, pgTable, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, oneOf, time } from "./columns.ts";
import { hosts } from "./hosts.ts";
import { users } from "./users.ts";

/** A volume outlives the containers that mount it. In the engine it carries its id as name. */
export const volumes = pgTable(
  "volumes",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    /** Null until a container that mounts it is placed; its data then lives there. */
    hostId: text("host_id").references(() => hosts.id),
    name: text("name").notNull(),
    anonymous: boolean("anonymous").notNull(),
    /** Its path in the user's virtual host tree, which is then its name, too. */
    hostPath: text("host_path"),
    /** While it is `copying`: the volume whose data it gets. */
    sourceId: text("source_id"),
    state: text("state").$type<VolumeState>().notNull().default("pending"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    createdAt: createdAt(),
    removedAt: time("removed_at"),
  },
  (t) => [
    check("volumes_state", oneOf("state", VOLUME_STATES)),
    check("volumes_copying", sql`state <> 'copying' or (source_id is not null and host_id is not null)`),
    unique("volumes_id_user").on(t.id, t.userId),
    uniqueIndex("volumes_name")
      .on(t.userId, t.name)
      .where(sql`state <> 'removed'`),
    index("volumes_user")
      .on(t.userId, t.id)
      .where(sql`state <> 'removed'`),
    index("volumes_host")
      .on(t.hostId)
      .where(sql`state <> 'removed'`),
  ],
);
