import { integer, pgTable, text } from "drizzle-orm/pg-core";
import { users } from "./users.ts";

/** How long what has ended lies around before it is pruned; null: until its owner says so. */
export const retention = pgTable("retention", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  stoppedContainersDays: integer("stopped_containers_days"),
  endedBuildsDays: integer("ended_builds_days"),
});
