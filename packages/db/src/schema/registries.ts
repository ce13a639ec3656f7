import { pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { bytea, time } from "./columns.ts";
import { users } from "./users.ts";

/** What a user shows one registry, and no other. */
export const registryCredentials = pgTable(
  "registry_credentials",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** `host` or `host:port`. */
    registry: text("registry").notNull(),
    username: text("username").notNull(),
    /** The password, sealed: see `packages/core/src/sealed.ts`. */
    sealedPassword: bytea("sealed_password").notNull(),
    updatedAt: time("updated_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.registry] })],
);
