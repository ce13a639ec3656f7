import { index, integer, pgTable, text } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";

/** How much somebody has asked for in the window that is open, for installations without Redis. */
export const rateWindows = pgTable(
  "rate_windows",
  {
    key: text("key").primaryKey(),
    count: integer("count").notNull(),
    endsAt: time("ends_at").notNull(),
  },
  (table) => [index("rate_windows_ends").on(table.endsAt)],
);
