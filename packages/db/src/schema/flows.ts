import { VERDICTS, type Verdict } from "@hafen/contract/lifecycle";
import {
  bigint,
  check,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
} from "drizzle-orm/pg-core";
import { oneOf, time } from "./columns.ts";
import { containers } from "./containers.ts";
import { users } from "./users.ts";

const count = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);

/** What a container talked to, added up by destination and name. Empty texts and port 0 stand for none: they are in the key. */
export const flows = pgTable(
  "flows",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").notNull(),
    containerId: text("container_id").notNull(),
    verdict: text("verdict").$type<Verdict>().notNull(),
    protocol: text("protocol").notNull(),
    address: text("address").notNull(),
    port: integer("port").notNull(),
    name: text("name").notNull(),
    sentPackets: count("sent_packets"),
    sentBytes: count("sent_bytes"),
    receivedPackets: count("received_packets"),
    receivedBytes: count("received_bytes"),
    firstSeenAt: time("first_seen_at").notNull().defaultNow(),
    lastSeenAt: time("last_seen_at").notNull().defaultNow(),
  },
  (t) => [
    check("flows_verdict", oneOf("verdict", VERDICTS)),
    unique("flows_destination").on(t.containerId, t.verdict, t.protocol, t.address, t.port, t.name),
    foreignKey({
      columns: [t.containerId, t.userId],
      foreignColumns: [containers.id, containers.userId],
      name: "flows_own_container",
    }).onDelete("cascade"),
    index("flows_container").on(t.containerId, t.id),
  ],
);

/** What a user's containers used on one day (UTC). */
export const usageDays = pgTable(
  "usage_days",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    day: date("day").notNull(),
    egressBytes: count("egress_bytes"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day] })],
);
