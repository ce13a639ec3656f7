import type { BuildFailure } from "@hafen/contract";
import {
  BASE_SOURCES,
  BUILD_ENDS,
  BUILD_KINDS,
  BUILD_STATES,
  STEP_STATES,
  type BuildKind,
  type BuildState,
} from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, jsonb, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { bytea, createdAt, oneOf, time } from "./columns.ts";
import { hosts } from "./hosts.ts";
import { users } from "./users.ts";

/** Uploaded bytes, zstd-compressed and cut into chunks: a build context or an image archive, as we re-packed it. */
export const blobs = pgTable(
  "blobs",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    /** SHA-256 of the uncompressed bytes, once all of them are here. */
    digest: text("digest"),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    createdAt: createdAt(),
  },
  (t) => [index("blobs_age").on(t.createdAt)],
);
export const blobChunks = pgTable(
  "blob_chunks",
  {
    blobId: text("blob_id")
      .notNull()
      .references(() => blobs.id, { onDelete: "cascade" }),
    position: integer("position").notNull(),
    data: bytea("data").notNull(),
  },
  (t) => [primaryKey({ columns: [t.blobId, t.position] })],
);

/** What a build is made of beside an upload. */
export interface BuildSource {
  /** Of a commit. */
  containerId?: string;
  pause?: boolean;
  message?: string;
  author?: string;
  changes?: string[];
  /** What a pull gets, or where to a push goes. */
  reference?: string;
  platform?: string;
  /** What a push sends. */
  imageId?: string;
  /** Further names for the image of an archive. */
  tags?: string[];
  /** Names of a registry that the engine may hold while this runs, written down before it does: whoever ends or resumes it drops them. */
  engineNames?: string[];
}

export const builds = pgTable(
  "builds",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    hostId: text("host_id").references(() => hosts.id),
    kind: text("kind").$type<BuildKind>().notNull(),
    state: text("state").$type<BuildState>().notNull().default("queued"),
    tag: text("tag"),
    catalog: boolean("catalog").notNull().default(false),
    dockerfile: text("dockerfile").notNull(),
    dockerfileText: text("dockerfile_text").notNull(),
    target: text("target"),
    buildArgs: jsonb("build_args").$type<Record<string, string>>().notNull(),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    noCache: boolean("no_cache").notNull(),
    /** For a root file system: Dockerfile instructions for its configuration. */
    changes: text("changes")
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Set to null once the build has ended and the context is dropped; its digest stays. */
    blobId: text("blob_id").references(() => blobs.id, { onDelete: "set null" }),
    /** Null where nothing was uploaded. */
    contextDigest: text("context_digest"),
    contextBytes: bigint("context_bytes", { mode: "number" }),
    source: jsonb("source").$type<BuildSource>(),
    /** How often a worker has begun it. */
    attempt: integer("attempt").notNull().default(0),
    /** Attempts that say nothing against it: the engine was away, or the worker was stopped. */
    excused: integer("excused").notNull().default(0),
    cancelRequestedAt: time("cancel_requested_at"),
    imageId: text("image_id"),
    failure: jsonb("failure").$type<BuildFailure>(),
    createdAt: createdAt(),
    startedAt: time("started_at"),
    finishedAt: time("finished_at"),
  },
  (t) => [
    check("builds_kind", oneOf("kind", BUILD_KINDS)),
    check("builds_state", oneOf("state", BUILD_STATES)),
    check("builds_ended", sql`(finished_at is not null) = (${oneOf("state", BUILD_ENDS)})`),
    check("builds_succeeded", sql`(image_id is not null) = (state = 'succeeded')`),
    check("builds_failed", sql`(failure is not null) = (state = 'failed')`),
    unique("builds_id_user").on(t.id, t.userId),
    index("builds_user").on(t.userId, t.id),
    index("builds_open")
      .on(t.hostId, t.id)
      .where(sql`state in ('queued', 'running')`),
  ],
);

export const buildSteps = pgTable(
  "build_steps",
  {
    buildId: text("build_id")
      .notNull()
      .references(() => builds.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    instruction: text("instruction").notNull(),
    state: text("state").$type<(typeof STEP_STATES)[number]>().notNull(),
    cached: boolean("cached").notNull().default(false),
    layerDigest: text("layer_digest"),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    startedAt: time("started_at").notNull(),
    finishedAt: time("finished_at"),
  },
  (t) => [primaryKey({ columns: [t.buildId, t.number] }), check("build_steps_state", oneOf("state", STEP_STATES))],
);

export interface LogChunkLine {
  stream: "stdout" | "stderr" | "status";
  text: string;
  atMs: number;
}
/** Log lines in batches; the first line of a chunk has the id `first_line`, so a reader resumes inside a chunk. */
export const buildLogChunks = pgTable(
  "build_log_chunks",
  {
    buildId: text("build_id")
      .notNull()
      .references(() => builds.id, { onDelete: "cascade" }),
    firstLine: integer("first_line").notNull(),
    lines: jsonb("lines").$type<LogChunkLine[]>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.buildId, t.firstLine] })],
);

/** What each FROM and COPY --from of a build was pinned to. */
export const buildBases = pgTable(
  "build_bases",
  {
    buildId: text("build_id")
      .notNull()
      .references(() => builds.id, { onDelete: "cascade" }),
    reference: text("reference").notNull(),
    /** Null for one of a registry: it is nobody's image here. */
    imageId: text("image_id"),
    /** The image's, or for one of a registry its manifest's. */
    digest: text("digest").notNull(),
    source: text("source").$type<(typeof BASE_SOURCES)[number]>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.buildId, t.reference] }),
    check("build_bases_source", oneOf("source", BASE_SOURCES)),
    check("build_bases_image", sql`(image_id is null) = (source = 'registry')`),
  ],
);
