import type { EventType } from "@hafen/contract";
import { sql } from "drizzle-orm";
import { bigserial, index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, xid8 } from "./columns.ts";

/** The feed of what happened to a user's things; each row is written in the transaction that made it happen. */
export const events = pgTable(
  "events",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    xid: xid8("xid")
      .notNull()
      .default(sql`pg_current_xact_id()`),
    userId: text("user_id").notNull(),
    type: text("type").$type<EventType>().notNull(),
    subject: text("subject").notNull(),
    data: jsonb("data").$type<Record<string, unknown>>().notNull(),
    at: createdAt(),
  },
  (t) => [index("events_feed").on(t.userId, t.xid, t.id)],
);
