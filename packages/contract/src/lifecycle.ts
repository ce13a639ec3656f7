/** The lifecycle of containers and builds: the one place that says which states exist and what may be asked in each. */

export const STATES = [
  "pending",
  "created",
  "running",
  "paused",
  "restarting",
  "exited",
  "removing",
  "removed",
  "failed",
  "lost",
] as const;
export type State = (typeof STATES)[number];

/** What a request can ask a container to become. */
export const DESIRED = ["created", "running", "paused", "exited", "removed"] as const;
export type Desired = (typeof DESIRED)[number];

/**
 * `from`: the states in which the request is accepted; `to`: the desired state it sets.
 * `again`: states in which the request is already fulfilled and answers with the row as it is.
 */
export const ACTIONS = {
  start: { from: ["created", "exited"], to: "running", again: ["running"] },
  stop: { from: ["running", "paused", "restarting"], to: "exited", again: ["exited"] },
  kill: { from: ["running", "paused", "restarting"], to: "exited", again: [] },
  restart: { from: ["running", "paused", "created", "exited", "restarting"], to: "running", again: [] },
  pause: { from: ["running"], to: "paused", again: ["paused"] },
  unpause: { from: ["paused"], to: "running", again: ["running"] },
  remove: { from: ["created", "exited", "failed", "lost"], to: "removed", again: ["removing"] },
  forceRemove: {
    from: ["pending", "created", "running", "paused", "restarting", "exited", "failed", "lost"],
    to: "removed",
    again: ["removing"],
  },
} as const satisfies Record<string, { from: readonly State[]; to: Desired; again: readonly State[] }>;
export type Action = keyof typeof ACTIONS;

/** What is done with a container without changing what it should become: the states in which there is something to do it with. */
export const USES = {
  exec: ["running"],
  attach: ["running"],
  /** Connections to its ports. */
  connect: ["running"],
  top: ["running", "paused"],
  stats: ["running", "paused"],
  isolation: ["running", "paused"],
  /** Reading and writing its files, comparing and keeping them: wherever the engine has a file system for it. */
  files: ["created", "running", "paused", "restarting", "exited"],
  changes: ["created", "running", "paused", "restarting", "exited"],
  export: ["created", "running", "paused", "restarting", "exited"],
  commit: ["created", "running", "paused", "restarting", "exited"],
  update: ["pending", "created", "running", "paused", "restarting", "exited"],
  rename: ["pending", "created", "running", "paused", "restarting", "exited", "failed", "lost"],
} as const satisfies Record<string, readonly State[]>;
export type Use = keyof typeof USES;

/** The states in which something may be asked of a container. */
export function statesFor(asked: Action | Use): readonly State[] {
  return asked in ACTIONS ? ACTIONS[asked as Action].from : USES[asked as Use];
}

export function can(asked: Action | Use, state: State): boolean {
  return statesFor(asked).includes(state);
}

/**
 * The states at which a container comes to rest on its way to `desired`; anything else is still under way. One that waits for its next
 * restart is at rest: it may crash for ever.
 */
export const SETTLES = {
  created: ["created", "failed", "lost"],
  running: ["running", "restarting", "failed", "lost"],
  paused: ["paused", "failed", "lost"],
  exited: ["exited", "failed", "lost"],
  removed: ["removed"],
} as const satisfies Record<Desired, readonly State[]>;

/** Whether the row has come to rest: what `Prefer: wait` waits for and the sweep leaves alone. */
export function settled(row: { desired: Desired; state: State; startDue: boolean; pendingLimits?: unknown }): boolean {
  // Until its host is back nothing happens to it.
  if (row.state === "lost" && row.desired !== "removed") return true;
  if (row.startDue && row.desired === "running") return false;
  if (row.pendingLimits && row.desired !== "removed") return false;
  return (SETTLES[row.desired] as readonly State[]).includes(row.state);
}

/** How long a row may differ from what it should be before the sweep nudges it again; a build, after an attempt that the engine failed. */
export const DEADLINES_MS = { converge: 5_000, build: 10_000 } as const;

export const CAUSES = [
  "completed",
  "error",
  "signal",
  "oom",
  "timeout",
  "idle",
  "ttl",
  "stopped",
  "quota",
  "disk_full",
  "grant_revoked",
  "host_lost",
  "image_missing",
  "operator",
] as const;
/** Why a container ended. */
export type Cause = (typeof CAUSES)[number];

export const BUILD_STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type BuildState = (typeof BUILD_STATES)[number];
export const BUILD_ENDS = ["succeeded", "failed", "cancelled"] as const satisfies readonly BuildState[];

export function buildEnded(state: BuildState): boolean {
  return (BUILD_ENDS as readonly BuildState[]).includes(state);
}

export const BUILD_KINDS = ["dockerfile", "rootfs", "archive", "commit", "pull", "push"] as const;
/**
 * What makes or moves an image. `dockerfile` runs one; `rootfs` and `archive` import what was uploaded; `commit` keeps a container's
 * file system; `pull` and `push` exchange an image with a registry.
 */
export type BuildKind = (typeof BUILD_KINDS)[number];

/** Why a build ended without an image. */
export const BUILD_FAILURES = [
  "dockerfile_invalid",
  "remote_add_refused",
  "base_not_found",
  "target_not_found",
  "copy_failed",
  "run_failed",
  "out_of_memory",
  "disk_full",
  "timeout",
  "quota_exceeded",
  "archive_invalid",
  "host_lost",
  "container_gone",
  "registry_failed",
  "build_failed",
] as const;
export type BuildFailureCode = (typeof BUILD_FAILURES)[number];

/** Where the image that a Dockerfile names comes from, in the order in which it is looked for. */
export const BASE_SOURCES = ["own", "granted", "catalog", "registry"] as const;

/** Why a registry did not give or take an image. */
export const REGISTRY_FAILURES = ["unauthorized", "not_found", "unreachable", "too_large", "refused"] as const;

export const STEP_STATES = ["running", "succeeded", "failed", "cancelled"] as const;
export const VOLUME_STATES = ["pending", "copying", "ready", "removing", "removed"] as const;
export type VolumeState = (typeof VOLUME_STATES)[number];
export const RESTART_POLICIES = ["no", "on-failure", "always", "unless-stopped"] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];
export const HEALTH_STATES = ["starting", "healthy", "unhealthy"] as const;
export type HealthState = (typeof HEALTH_STATES)[number];
export const IMAGE_STATES = ["ready", "removing"] as const;
/** Of what a container sends: it passed, or it was refused. */
export const VERDICTS = ["allowed", "denied"] as const;
export type Verdict = (typeof VERDICTS)[number];
/** What an owner may let another user do: `read` look at it, mount it read-only, read its files; `use` run and build from it, write to it. */
export const ACCESS = ["read", "use"] as const;
export type Access = (typeof ACCESS)[number];
/** `removing`: its keys are revoked, and what it owned goes; then its name is free again. */
export const USER_STATES = ["active", "removing", "removed"] as const;
export type UserState = (typeof USER_STATES)[number];
/** How a change ended that the audit log tells of. */
export const AUDIT_OUTCOMES = ["done", "refused"] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
export const ROLES = ["user", "admin"] as const;
export type Role = (typeof ROLES)[number];
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];
