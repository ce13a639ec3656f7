import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { bytea, createdAt, time } from "./columns.ts";
import { containers } from "./containers.ts";
import { users } from "./users.ts";

/** A value of a user's that only a worker opens, to give it to containers of theirs. */
export const secrets = pgTable(
  "secrets",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** Begins with the id of the key that sealed it: see `packages/core/src/sealed.ts`. */
    sealedValue: bytea("sealed_value").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: createdAt(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [unique("secrets_name").on(t.userId, t.name), unique("secrets_id_user").on(t.id, t.userId)],
);

/** One file of one container. The composite keys make a file with another user's secret impossible. */
export const containerSecrets = pgTable(
  "container_secrets",
  {
    containerId: text("container_id").notNull(),
    position: integer("position").notNull(),
    userId: text("user_id").notNull(),
    secretId: text("secret_id").notNull(),
    target: text("target").notNull(),
    uid: integer("uid").notNull(),
    gid: integer("gid").notNull(),
    mode: integer("mode").notNull(),
    /** What was written for its latest start. */
    version: integer("version"),
  },
  (t) => [
    primaryKey({ columns: [t.containerId, t.position] }),
    unique("container_secrets_target").on(t.containerId, t.target),
    check("container_secrets_mode", sql`mode between 0 and 511`),
    foreignKey({
      columns: [t.containerId, t.userId],
      foreignColumns: [containers.id, containers.userId],
      name: "container_secrets_own_container",
    }).onDelete("cascade"),
    foreignKey({
      columns: [t.secretId, t.userId],
      foreignColumns: [secrets.id, secrets.userId],
      name: "container_secrets_own_secret",
    }),
    index("container_secrets_secret").on(t.secretId),
  ],
);
