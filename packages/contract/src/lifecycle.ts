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
export const DESIRED = ["created", "running", "exited", "removed"] as const;
export type Desired = (typeof DESIRED)[number];

/**
 * `from`: the states in which the request is accepted; `to`: the desired state it sets.
 * `again`: states in which the request is already fulfilled and answers with the row as it is.
 */
export const ACTIONS = {
  start: { from: ["created", "exited"], to: "running", again: ["running"] },
  stop: { from: ["running", "paused", "restarting"], to: "exited", again: ["exited"] },
  kill: { from: ["running", "paused", "restarting"], to: "exited", again: [] },
  restart: { from: ["running", "created", "exited", "restarting"], to: "running", again: [] },
  exec: { from: ["running"], to: "running", again: [] },
  attach: { from: ["running"], to: "running", again: [] },
  /** Reading and writing its files: wherever the engine has a file system for it. */
  files: { from: ["created", "running", "paused", "restarting", "exited"], to: "running", again: [] },
  remove: { from: ["created", "exited", "failed", "lost"], to: "removed", again: ["removing"] },
  forceRemove: {
    from: ["pending", "created", "running", "paused", "restarting", "exited", "failed", "lost"],
    to: "removed",
    again: ["removing"],
  },
} as const satisfies Record<string, { from: readonly State[]; to: Desired; again: readonly State[] }>;
export type Action = keyof typeof ACTIONS;

export function can(action: Action, state: State): boolean {
  return (ACTIONS[action].from as readonly State[]).includes(state);
}

/** The states at which a container comes to rest on its way to `desired`; anything else is still under way. */
export const SETTLES = {
  created: ["created", "failed", "lost"],
  running: ["running", "failed", "lost"],
  exited: ["exited", "failed", "lost"],
  removed: ["removed"],
} as const satisfies Record<Desired, readonly State[]>;

/** Whether the row has come to rest: what `Prefer: wait` waits for and the sweep leaves alone. */
export function settled(row: { desired: Desired; state: State; startDue: boolean }): boolean {
  if (row.startDue && row.desired === "running") return false;
  return (SETTLES[row.desired] as readonly State[]).includes(row.state);
}

/** How long a row may differ from what it should be before the sweep nudges it again. */
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

export const BUILD_KINDS = ["dockerfile", "rootfs", "archive"] as const;
/** `dockerfile` runs one; `rootfs` and `archive` import what was uploaded. */
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
  "archive_invalid",
  "host_lost",
  "build_failed",
] as const;
export type BuildFailureCode = (typeof BUILD_FAILURES)[number];

export const STEP_STATES = ["running", "succeeded", "failed", "cancelled"] as const;
export const VOLUME_STATES = ["pending", "ready", "removing", "removed"] as const;
export type VolumeState = (typeof VOLUME_STATES)[number];
export const IMAGE_STATES = ["ready", "removing"] as const;
export const ROLES = ["user", "admin"] as const;
export type Role = (typeof ROLES)[number];
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];
