import { bigint, doublePrecision, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, time } from "./columns.ts";

export interface HostEngine {
  version: string;
  apiVersion: string;
  storageDriver: string;
  cgroupVersion: number;
  runtimes: string[];
  /** Absent in a row of an older worker. */
  components?: { name: string; version: string; build: string }[];
  protections: Record<string, boolean>;
}

/** A Linux machine with an engine and one worker. The lease says which worker process may act for it. */
export const hosts = pgTable("hosts", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique("hosts_name"),
  /** The worker process that holds the lease: a random id of its own, new with each start. */
  leaseHolder: text("lease_holder").notNull(),
  leaseExpiresAt: time("lease_expires_at").notNull(),
  /** Where the api reaches the worker's private listener. */
  streamUrl: text("stream_url").notNull(),
  cpus: doublePrecision("cpus").notNull(),
  memoryBytes: bigint("memory_bytes", { mode: "number" }).notNull(),
  engine: jsonb("engine").$type<HostEngine>().notNull(),
  /** The kernel's id of the machine's latest start, as its worker saw it: another one means that everything on it has ended. */
  bootId: text("boot_id"),
  /** Which keys its worker opens sealed values with, by their ids in hex. */
  secretKeyIds: jsonb("secret_key_ids").$type<string[]>().notNull().default([]),
  createdAt: createdAt(),
});
