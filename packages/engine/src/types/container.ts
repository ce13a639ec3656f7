import type { EngineId, Op } from "./op.ts";

export interface Limits {
  /** Cores, as a decimal. */
  cpus: number;
  /** RAM; swap is not given on top. */
  memoryBytes: number;
  pids: number;
}

export type MountSpec =
  /** `fromImage: false`: an empty volume is not filled with what the image has in its place. */
  | { type: "volume"; volume: string; target: string; readOnly: boolean; fromImage?: boolean | undefined }
  | { type: "tmpfs"; target: string; sizeBytes: number; inodes: number };

/** Everything the engine is told about a container. Built by one pure function in core; nothing is left to an engine default. */
export interface ContainerSpec {
  /** Unique in the engine: Hafen's container id. */
  name: string;
  imageId: string;
  hostname: string;
  entrypoint?: string[] | undefined;
  command?: string[] | undefined;
  env: string[];
  workingDir?: string | undefined;
  user?: string | undefined;
  tty: boolean;
  openStdin: boolean;
  /** The end of the first client's input is the process's; default false: others may write after it. */
  stdinOnce?: boolean | undefined;
  labels: Record<string, string>;
  mounts: MountSpec[];
  /** Where the files of `putSecretFiles` are, in their order. */
  secretFiles?: { target: string }[] | undefined;
  limits: Limits;
  /** The engine's default bridge, none, or a network of `createNetwork`, on which it is found by its aliases. */
  network: "bridge" | "none" | { name: string; aliases: string[] };
  /** Its hardware address on its network; undefined: the engine's choice. */
  macAddress?: string | undefined;
  stopSignal?: string | undefined;
  /** Undefined: none, whatever the image declares. */
  healthcheck?: Healthcheck | undefined;
  isolation: Isolation;
  log: { maxBytes: number; files: number };
  shmBytes: number;
  openFiles: number;
  /** Of its processes, 0 to 1000: whom the kernel ends first when the machine has no memory left. Default 0. */
  oomScore?: number | undefined;
}

export interface Healthcheck {
  /** Docker's form: `["CMD", …]` or `["CMD-SHELL", "…"]`. */
  test: string[];
  /** These are the engine's defaults when undefined. */
  intervalMs?: number | undefined;
  timeoutMs?: number | undefined;
  startPeriodMs?: number | undefined;
  retries?: number | undefined;
}

export interface Isolation {
  /** The whole list: every other capability is dropped. */
  capabilities: readonly string[];
  readOnlyRoot: boolean;
  /** A seccomp profile as JSON; undefined keeps the engine's own, never `unconfined`. */
  seccomp?: string | undefined;
  /** cgroup under which the container's own is made; undefined for the engine's default. */
  cgroupParent?: string | undefined;
}

export type EngineState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
export interface ContainerInfo {
  id: EngineId;
  name: string;
  labels: Record<string, string>;
  imageId: string;
  state: EngineState;
  /** Undefined until the container has ended once. */
  exitCode?: number | undefined;
  /** The kernel killed a process of it for memory. */
  oomKilled: boolean;
  /** The engine's own text for a start that failed. */
  error?: string | undefined;
  /** Process id of the init on the host; 0 when not running. */
  pid: number;
  /** RFC 3339 with the engine's full precision, so that equal means the same start; undefined: never started. */
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  createdAt: string;
  mounts: { volume?: string | undefined; target: string; readOnly: boolean }[];
  /** By the name of each network it is on; the engine may add aliases of its own, such as the host name. */
  networks: Record<string, { aliases: string[] }>;
  /** Undefined without a check, and while it does not run. */
  health?: HealthInfo | undefined;
  /** IPv4, while it runs and has a network. Another container may have the same one as soon as this one has ended. */
  addresses: { network: string; address: string }[];
}
export interface HealthInfo {
  status: "starting" | "healthy" | "unhealthy";
  failingStreak: number;
  /** The latest check that has ended. */
  last?: { exitCode: number; output: string; at: string } | undefined;
}
export type ContainerSummary = Pick<ContainerInfo, "id" | "name" | "labels" | "state"> & {
  health?: HealthInfo["status"] | undefined;
};

export interface StopOptions extends Op {
  /** Default: the image's STOPSIGNAL, else SIGTERM. */
  stopSignal?: string | undefined;
  /** Seconds between the signal and SIGKILL. */
  graceSeconds: number;
}
