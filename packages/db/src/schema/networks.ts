import { pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, time } from "./columns.ts";
import { hosts } from "./hosts.ts";
import { users } from "./users.ts";

/** A user's network on one host; in the engine it carries its id as name. Its containers find each other by name there. */
export const networks = pgTable(
  "networks",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    hostId: text("host_id")
      .notNull()
      .references(() => hosts.id),
    createdAt: createdAt(),
    /** When a container was last put on it: one that stays unused goes. */
    usedAt: time("used_at").notNull().defaultNow(),
  },
  (t) => [uniqueIndex("networks_user_host").on(t.userId, t.hostId)],
);
