import type {
  Cause,
  DeclaredPort,
  Egress,
  Failure,
  Health,
  Healthcheck,
  Limits,
  Termination,
  Timings,
} from "@hafen/contract";
import {
  CAUSES,
  DESIRED,
  RESTART_POLICIES,
  STATES,
  type Desired,
  type RestartPolicy,
  type State,
} from "@hafen/contract/lifecycle";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { createdAt, oneOf, time } from "./columns.ts";
import { grants } from "./grants.ts";
import { hosts } from "./hosts.ts";
import { images } from "./images.ts";
import { networks } from "./networks.ts";
import { users } from "./users.ts";
import { volumes } from "./volumes.ts";

/** What the request said and never changes: the engine spec is made from it, the image and the mounts. */
export interface ContainerConfig {
  command?: string[] | undefined;
  entrypoint?: string[] | undefined;
  env: Record<string, string>;
  workingDir?: string | undefined;
  user?: string | undefined;
  hostname: string;
  tty: boolean;
  openStdin: boolean;
  /** Absent in rows from before it was. */
  stdinOnce?: boolean;
  /** Volumes that the request mounts by name: its removal keeps them, also anonymous ones. */
  namedVolumes?: string[];
  /** The image's, or the request's in its place; null: none. Absent in rows from before there were any. */
  healthcheck?: Healthcheck | null;
  profile: "standard" | "restricted";
  /** Absent in rows from before there was a choice: internet. */
  egress?: Egress;
  /** It is given secrets, as `container_secrets` tells. Absent: none. */
  hasSecrets?: boolean;
}
/** How the latest stop or restart wants the process ended, and who asked. */
export interface StopRequest {
  signal?: string | undefined;
  graceSeconds: number;
  /** When SIGKILL follows, by the host's clock, set as the signal is sent: a stop that is begun again takes no longer. */
  killAt?: string | undefined;
  by: string;
  /** Why Hafen itself asked; absent: a user did. */
  cause?: Extract<Cause, "ttl" | "idle" | "grant_revoked">;
}

export const containers = pgTable(
  "containers",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    hostId: text("host_id")
      .notNull()
      .references(() => hosts.id),
    name: text("name").notNull(),
    /** Null once the image is gone; `image_reference` tells what it was. */
    imageId: text("image_id").references(() => images.id, { onDelete: "set null" }),
    imageReference: text("image_reference").notNull(),
    imageDigest: text("image_digest").notNull(),
    config: jsonb("config").$type<ContainerConfig>().notNull(),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    limits: jsonb("limits").$type<Limits>().notNull(),
    /** Asked for and not yet in force: the host puts them on and moves them to `limits`, or drops them and says why. */
    pendingLimits: jsonb("pending_limits").$type<Limits>(),
    limitsRefused: text("limits_refused"),
    /** Null in rows from before users had networks: the engine's default one. */
    networkId: text("network_id").references(() => networks.id),
    ports: jsonb("ports").$type<DeclaredPort[]>().notNull().default([]),

    restartPolicy: text("restart_policy").$type<RestartPolicy>().notNull().default("no"),
    /** For `on-failure`: so many restarts; null: without end. */
    restartMaximum: integer("restart_maximum"),
    /** Restarts by the policy since the last start that somebody asked for. */
    restartCount: integer("restart_count").notNull().default(0),
    /** What the latest of them had to wait: the next one waits longer. */
    restartDelayMs: integer("restart_delay_ms"),
    /** With state `restarting`: when the next start is due. */
    restartAt: time("restart_at"),
    autoRemove: boolean("auto_remove").notNull().default(false),
    ttlSeconds: integer("ttl_seconds"),
    /** While it runs with a time to live: when it is stopped. */
    expiresAt: time("expires_at"),
    idleTimeoutSeconds: integer("idle_timeout_seconds"),
    /** While it runs with an idle timeout: when it was last seen at work. */
    activeAt: time("active_at"),
    health: jsonb("health").$type<Health>(),

    desired: text("desired").$type<Desired>().notNull(),
    state: text("state").$type<State>().notNull().default("pending"),
    /** Rises with every request; a worker writes only when it still has the generation it read. */
    generation: integer("generation").notNull().default(1),
    /** A start was asked for that has not been seen to happen. */
    startDue: boolean("start_due").notNull(),
    stopRequest: jsonb("stop_request").$type<StopRequest>(),
    /** With desired `removed`: anonymous volumes go too. */
    removeVolumes: boolean("remove_volumes").notNull().default(false),
    /** When the latest request was committed: timings and the sweep's deadline count from it. */
    requestedAt: time("requested_at").notNull().defaultNow(),

    engineId: text("engine_id"),
    /** The engine's own time of the latest start seen, to the nanosecond: another value means another start. */
    engineStartedAt: text("engine_started_at"),
    /** When the kernel last killed a process of it for memory, as the engine's events tell: evidence for why it ended. */
    outOfMemoryAt: time("out_of_memory_at"),
    /** Attempts of the present generation that the engine failed. */
    failures: integer("failures").notNull().default(0),
    exitCode: integer("exit_code"),
    termination: jsonb("termination").$type<Termination>(),
    failure: jsonb("failure").$type<Failure>(),
    timings: jsonb("timings").$type<Timings>().notNull().default({}),
    createdAt: createdAt(),
    startedAt: time("started_at"),
    finishedAt: time("finished_at"),
    removedAt: time("removed_at"),
  },
  (t) => [
    check("containers_desired", oneOf("desired", DESIRED)),
    check("containers_state", oneOf("state", STATES)),
    check("containers_restart_policy", oneOf("restart_policy", RESTART_POLICIES)),
    check("containers_restarting", sql`state <> 'restarting' or restart_at is not null`),
    check("containers_cause", sql`termination is null or ${oneOf("termination->>'cause'", CAUSES)}`),
    check("containers_failed", sql`state not in ('failed', 'lost') or failure is not null`),
    check("containers_removed", sql`(removed_at is not null) = (state = 'removed')`),
    unique("containers_id_user").on(t.id, t.userId),
    uniqueIndex("containers_name")
      .on(t.userId, t.name)
      .where(sql`state <> 'removed'`),
    index("containers_user")
      .on(t.userId, t.id)
      .where(sql`state <> 'removed'`),
    index("containers_image").on(t.imageId),
    index("containers_host")
      .on(t.hostId)
      .where(sql`state <> 'removed'`),
    index("containers_unsettled")
      .on(t.requestedAt)
      .where(sql`state <> 'removed' and (start_due or desired <> state)`),
    index("containers_restart")
      .on(t.hostId, t.restartAt)
      .where(sql`state = 'restarting'`),
    index("containers_expiry")
      .on(t.hostId, t.expiresAt)
      .where(sql`expires_at is not null`),
    index("containers_idle")
      .on(t.hostId)
      .where(sql`idle_timeout_seconds is not null and state = 'running'`),
    index("containers_network").on(t.networkId),
    index("containers_removed_at")
      .on(t.removedAt)
      .where(sql`state = 'removed'`),
  ],
);

/** A way into one port of a container for whoever has its token, until it ends or is revoked. */
export const portLinks = pgTable(
  "port_links",
  {
    id: text("id").primaryKey(),
    userId: text("user_id").notNull(),
    containerId: text("container_id").notNull(),
    port: integer("port").notNull(),
    /** SHA-256 of the token, in hex; the token has 256 random bits. */
    hash: text("hash").notNull().unique("port_links_hash"),
    expiresAt: time("expires_at").notNull(),
    revokedAt: time("revoked_at"),
    createdAt: createdAt(),
  },
  (t) => [
    foreignKey({
      columns: [t.containerId, t.userId],
      foreignColumns: [containers.id, containers.userId],
      name: "port_links_own_container",
    }).onDelete("cascade"),
    index("port_links_container").on(t.containerId),
    index("port_links_expiry").on(t.expiresAt),
  ],
);

/** One mount of one container. The composite keys make a mount of another user's volume impossible, but by a grant to this very user. */
export const mounts = pgTable(
  "mounts",
  {
    containerId: text("container_id").notNull(),
    position: integer("position").notNull(),
    userId: text("user_id").notNull(),
    type: text("type").$type<"volume" | "tmpfs">().notNull(),
    volumeId: text("volume_id"),
    /** Whose the volume is; another one's only with a grant. */
    volumeOwnerId: text("volume_owner_id"),
    grantId: text("grant_id"),
    target: text("target").notNull(),
    readOnly: boolean("read_only").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
  },
  (t) => [
    primaryKey({ columns: [t.containerId, t.position] }),
    unique("mounts_target").on(t.containerId, t.target),
    check("mounts_type", sql`(type = 'volume' and volume_id is not null) or (type = 'tmpfs' and volume_id is null)`),
    foreignKey({
      columns: [t.containerId, t.userId],
      foreignColumns: [containers.id, containers.userId],
      name: "mounts_own_container",
    }).onDelete("cascade"),
    check("mounts_owner", sql`(volume_id is null) = (volume_owner_id is null)`),
    check("mounts_granted", sql`volume_owner_id is null or (volume_owner_id = user_id) = (grant_id is null)`),
    foreignKey({
      columns: [t.volumeId, t.volumeOwnerId],
      foreignColumns: [volumes.id, volumes.userId],
      name: "mounts_volume_of_owner",
    }),
    foreignKey({
      columns: [t.grantId, t.volumeId, t.userId],
      foreignColumns: [grants.id, grants.volumeId, grants.granteeId],
      name: "mounts_by_grant",
    }),
    index("mounts_grant").on(t.grantId),
    index("mounts_volume").on(t.volumeId),
  ],
);
