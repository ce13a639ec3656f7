import type { Policy, Removal } from "@hafen/contract";
import {
  AUDIT_OUTCOMES,
  ROLES,
  SCOPES,
  USER_STATES,
  type AuditOutcome,
  type Role,
  type Scope,
  type UserState,
} from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { createdAt, oneOf, time } from "./columns.ts";

export const users = pgTable(
  "users",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    state: text("state").$type<UserState>().notNull().default("active"),
    /** The widest this user may use. */
    policy: jsonb("policy").$type<Policy>().notNull().default({}),
    /** Of one that goes or is gone: who asked, when, and what there was. */
    removal: jsonb("removal").$type<Removal>(),
    createdAt: createdAt(),
    removedAt: time("removed_at"),
  },
  (t) => [
    check("users_role", oneOf("role", ROLES)),
    check("users_state", oneOf("state", USER_STATES)),
    check("users_removal", sql`(removal is null) = (state = 'active')`),
    check("users_removed", sql`(removed_at is not null) = (state = 'removed')`),
    uniqueIndex("users_name")
      .on(t.name)
      .where(sql`state <> 'removed'`),
    index("users_removing")
      .on(t.id)
      .where(sql`state = 'removing'`),
  ],
);

/** What a user may hold. Its row is also the lock under which quota is counted. */
export const quotas = pgTable("quotas", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  containers: integer("containers").notNull(),
  running: integer("running").notNull(),
  cpus: doublePrecision("cpus").notNull(),
  memoryBytes: bigint("memory_bytes", { mode: "number" }).notNull(),
  volumes: integer("volumes").notNull(),
  images: integer("images").notNull(),
  builds: integer("builds").notNull(),
  pids: integer("pids").notNull().default(5_120),
  imageBytes: bigint("image_bytes", { mode: "number" })
    .notNull()
    .default(100 * 1024 ** 3),
  buildMinutes: integer("build_minutes").notNull().default(3_000),
  streams: integer("streams").notNull().default(1_000),
  keys: integer("keys").notNull().default(50),
});

/** What a user's ended builds took on each day. It outlives the builds, so that forgetting one gives no minute back. */
export const buildTime = pgTable(
  "build_time",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    day: date("day").notNull(),
    seconds: doublePrecision("seconds").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day] })],
);

export const apiKeys = pgTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** SHA-256 of the key, in hex; the key itself has 256 random bits, so no slow hash is needed. */
    hash: text("hash").notNull().unique("api_keys_hash"),
    scopes: text("scopes").array().$type<Scope[]>().notNull(),
    expiresAt: time("expires_at"),
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
    createdAt: createdAt(),
  },
  (t) => [
    check("api_keys_scopes", sql.raw(`scopes <@ array[${SCOPES.map((s) => `'${s}'`).join(", ")}]::text[]`)),
    uniqueIndex("api_keys_name")
      .on(t.userId, t.name)
      .where(sql`revoked_at is null`),
  ],
);

export const auditLog = pgTable(
  "audit_log",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    at: createdAt(),
    /** No foreign key: the record outlives the user. Null where a key was refused, and nobody knows whose it was. */
    userId: text("user_id"),
    keyId: text("key_id"),
    requestId: text("request_id"),
    /** Where the request came from; null for what Hafen does itself. */
    address: text("address"),
    outcome: text("outcome").$type<AuditOutcome>().notNull().default("done"),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [
    check("audit_log_outcome", oneOf("outcome", AUDIT_OUTCOMES)),
    index("audit_log_user").on(t.userId, t.id),
    index("audit_log_subject").on(t.subject, t.id),
    index("audit_log_at").on(t.at),
  ],
);

/** One row for each Idempotency-Key a user sent within 24 h. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    key: text("key").notNull(),
    /** SHA-256 over method, path, query and body. */
    requestHash: text("request_hash").notNull(),
    /** What the request made, written in the transaction that made it: after a crash the answer is made from it anew. */
    subject: text("subject"),
    status: integer("status"),
    body: text("body"),
    /** Until then the first request is taken to be under way. */
    lockedUntil: time("locked_until").notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.key] }), index("idempotency_keys_age").on(t.createdAt)],
);
