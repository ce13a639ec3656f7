import { ROLES, SCOPES, type Role, type Scope } from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
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
    name: text("name").notNull().unique("users_name"),
    role: text("role").$type<Role>().notNull(),
    createdAt: createdAt(),
  },
  () => [check("users_role", oneOf("role", ROLES))],
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
});

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
    /** No foreign key: the record outlives the user. */
    userId: text("user_id").notNull(),
    keyId: text("key_id"),
    requestId: text("request_id"),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [index("audit_log_user").on(t.userId, t.id), index("audit_log_subject").on(t.subject)],
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
