/**
 * The container engine in Hafen's own terms. Drivers speak this and nothing else; no type of a client library leaks out.
 *
 * Rules every driver keeps, and the conformance suite checks:
 * - an absent thing is success for stop and remove, and `undefined` for inspect;
 * - every call may be repeated: the second call finds the work done;
 * - every failure is an `EngineError` with a `kind`; nothing is logged and swallowed. Only when a stream the caller gave breaks,
 *   its own error surfaces, as it came;
 * - the options object with `signal` is the last argument; an aborted call rejects with `kind: "aborted"`.
 */
export interface Engine {
  info(op?: Op): Promise<EngineInfo>;
  /** What happened to labelled containers since `sinceMs` (engine clock), then live until `signal` aborts. */
  events(options: EventOptions): AsyncIterable<EngineEvent>;

  /** Creates, or finds the container that already carries `spec.name`: the name is Hafen's id, so it is the same one. */
  createContainer(spec: ContainerSpec, op?: Op): Promise<EngineId>;
  inspectContainer(id: EngineId, op?: Op): Promise<ContainerInfo | undefined>;
  /** Containers, running or not, that carry this label. */
  listContainers(label: Label, op?: Op): Promise<ContainerSummary[]>;
  startContainer(id: EngineId, op?: Op): Promise<void>;
  stopContainer(id: EngineId, options: StopOptions): Promise<void>;
  /** Sends one signal; `conflict` when the container does not run. */
  signalContainer(id: EngineId, signal: string, op?: Op): Promise<void>;
  /** Removes by force. Named volumes are kept. */
  removeContainer(id: EngineId, op?: Op): Promise<void>;
  logs(id: EngineId, options: LogOptions): AsyncIterable<LogChunk>;
  exec(id: EngineId, spec: ExecSpec, op?: Op): Promise<Session>;
  attach(id: EngineId, options: AttachOptions): Promise<Session>;
  /** A tar of `path`, its owners as the container sees them; `not_found` when the path is absent. */
  getArchive(id: EngineId, path: string, op?: Op): Promise<AsyncIterable<Uint8Array>>;
  /** Unpacks a tar into the directory `path`, which must exist. */
  putArchive(id: EngineId, path: string, tar: AsyncIterable<Uint8Array>, op?: Op): Promise<void>;

  inspectImage(ref: string, op?: Op): Promise<ImageInfo | undefined>;
  /** Every tag in the engine that starts with `prefix`. */
  listTags(prefix: string, op?: Op): Promise<{ tag: string; imageId: string }[]>;
  tagImage(imageId: string, tag: string, op?: Op): Promise<void>;
  /** Drops a tag, and the image with it when no other tag holds it. */
  removeTag(tag: string, op?: Op): Promise<void>;
  /** Newest first, as `docker history`. */
  imageHistory(imageId: string, op?: Op): Promise<HistoryEntry[]>;
  /** Runs one build; the last event is `image` or `failed`. Leaving the iteration or aborting ends the build and leaves no container. */
  buildImage(request: BuildRequest, op?: Op): AsyncIterable<BuildEvent>;
  /** Ends and removes whatever a build that nobody runs any more left under this cgroup: its worker or the engine was killed. */
  clearBuild(cgroupParent: string, op?: Op): Promise<void>;
  /** A flat root file system becomes a one-layer image; returns its id. */
  importImage(rootfs: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string>;
  /** A `docker save` archive; returns the ids of its images. Sets the tags it names: strip them from what a user sends. */
  loadImages(archive: AsyncIterable<Uint8Array>, op?: Op): Promise<string[]>;

  /** Creates, or finds the volume that already carries this name. */
  createVolume(spec: VolumeSpec, op?: Op): Promise<void>;
  inspectVolume(name: string, op?: Op): Promise<VolumeInfo | undefined>;
  listVolumes(label: Label, op?: Op): Promise<VolumeInfo[]>;
  /** `conflict` while a container mounts it. */
  removeVolume(name: string, op?: Op): Promise<void>;

  close(): Promise<void>;
}

export type EngineId = string;
export interface Op {
  signal?: AbortSignal | undefined;
}
export interface Label {
  key: string;
  value: string;
}

export interface EngineInfo {
  /** Stable identity of the engine's data root. */
  id: string;
  version: string;
  apiVersion: string;
  cpus: number;
  memoryBytes: number;
  cgroupVersion: 1 | 2;
  storageDriver: string;
  runtimes: string[];
  /** What the engine itself protects with; `hosts` shows which are missing. */
  protections: { userNamespaces: boolean; seccomp: boolean; liveRestore: boolean; noNewPrivileges: boolean };
}

export interface EventOptions {
  label: Label;
  /** Milliseconds of the Unix epoch; 0 for only what is to come. */
  sinceMs: number;
  signal: AbortSignal;
}
export interface EngineEvent {
  action: "create" | "start" | "die" | "oom" | "destroy" | "pause" | "unpause" | "rename";
  containerId: EngineId;
  /** The container's labels, in which `hafen.id` names the row. */
  labels: Record<string, string>;
  /** For `die`. */
  exitCode?: number;
  atMs: number;
}

export interface Limits {
  /** Cores, as a decimal. */
  cpus: number;
  /** RAM; swap is not given on top. */
  memoryBytes: number;
  pids: number;
}

export type MountSpec =
  | { type: "volume"; volume: string; target: string; readOnly: boolean }
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
  limits: Limits;
  network: "bridge" | "none";
  stopSignal?: string | undefined;
  isolation: Isolation;
  log: { maxBytes: number; files: number };
  shmBytes: number;
  openFiles: number;
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
}
export type ContainerSummary = Pick<ContainerInfo, "id" | "name" | "labels" | "state">;

export interface StopOptions extends Op {
  /** Default: the image's STOPSIGNAL, else SIGTERM. */
  stopSignal?: string | undefined;
  /** Seconds between the signal and SIGKILL. */
  graceSeconds: number;
}

export interface LogOptions extends Op {
  follow: boolean;
  /** Only what is newer than this RFC 3339 time, to the nanosecond. */
  since?: string | undefined;
  until?: string | undefined;
  /** Only the last so many lines. */
  tail?: number | undefined;
}
export interface LogChunk {
  stream: "stdout" | "stderr";
  /** One line, or a part of one longer than 16 KiB, with its line end if it has one. */
  data: Uint8Array;
  /** RFC 3339 with nanoseconds, as the engine stamped it. */
  at: string;
}

export interface ExecSpec {
  command: string[];
  env: string[];
  workingDir?: string | undefined;
  user?: string | undefined;
  tty: boolean;
  stdin: boolean;
}
export interface AttachOptions extends Op {
  tty: boolean;
  stdin: boolean;
  /** Send what was printed before the attach first. */
  backlog: boolean;
}
/** A live process: an exec, or the container's own when attached. */
export interface Session {
  /** Ends when the process closes its output. With a tty all of it is `stdout`. Backpressure reaches the process. */
  output: AsyncIterable<{ stream: "stdout" | "stderr"; data: Uint8Array }>;
  /** Resolves once the bytes are handed to the kernel. */
  write(data: Uint8Array): Promise<void>;
  /** End of file on stdin. For an attach: leaves, since the container's stdin stays open for others. */
  end(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** The exit code, once `output` has ended. For an attach: of the container, if it ended. */
  exitCode(): Promise<number | undefined>;
  /** Ends the process with SIGKILL and all it started; for an attach only leaves. */
  kill(): Promise<void>;
  /** Leaves; an exec'd process goes on. */
  close(): void;
}

/** What an image says of itself, with Docker's meaning. */
export interface ImageConfig {
  entrypoint: string[];
  command: string[];
  env: string[];
  workingDir: string;
  user: string;
  exposedPorts: string[];
  volumes: string[];
  labels: Record<string, string>;
  onBuild: string[];
  stopSignal?: string | undefined;
  healthcheck?:
    | { test: string[]; intervalMs?: number; timeoutMs?: number; startPeriodMs?: number; retries?: number }
    | undefined;
}
export interface ImageInfo {
  /** `sha256:…` of the image's configuration. */
  id: string;
  tags: string[];
  sizeBytes: number;
  architecture: string;
  os: string;
  createdAt: string;
  config: ImageConfig;
  /** Digests of the layers' uncompressed contents, base first. */
  diffIds: string[];
}
export interface HistoryEntry {
  /** `sha256:…`, or undefined where there is no image (`<missing>`). */
  imageId?: string | undefined;
  createdAt: string;
  createdBy: string;
  sizeBytes: number;
  comment: string;
}

export interface BuildRequest {
  /** Plain, checked tar: see core's context re-packing. The Dockerfile in it names only what this user may build on. */
  context: AsyncIterable<Uint8Array>;
  /** Path of the Dockerfile inside the context. */
  dockerfile: string;
  target?: string | undefined;
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  noCache: boolean;
  network: "bridge" | "none";
  limits: BuildLimits;
  /** cgroup that holds this build and nothing else, as `/hafen/bld_…`; the driver makes it, puts the limits on it and removes it. */
  cgroupParent: string;
}
export interface BuildLimits extends Limits {
  /** What one step may write to its layer; the build is ended with `failed.kind = "disk_full"` past it. */
  diskBytes: number;
}
export type BuildEvent =
  /** `number` counts from 1; `instruction` is the engine's text of it. */
  | { type: "step"; number: number; total: number; instruction: string; atMs: number }
  | { type: "cached"; number: number; atMs: number }
  | { type: "layer"; number: number; imageId: string; atMs: number }
  | { type: "log"; stream: "stdout" | "stderr"; text: string; atMs: number }
  | { type: "image"; imageId: string; atMs: number }
  | { type: "failed"; kind: BuildFailure; message: string; exitCode?: number | undefined; atMs: number };
export type BuildFailure =
  | "dockerfile_invalid"
  | "run_failed"
  | "copy_failed"
  | "base_not_found"
  | "target_not_found"
  | "out_of_memory"
  | "disk_full"
  | "build_failed";

export interface ImportOptions extends Op {
  /** Dockerfile instructions applied to the result, such as `CMD ["bash"]`. */
  changes: string[];
}
export interface VolumeSpec {
  name: string;
  labels: Record<string, string>;
}
export interface VolumeInfo extends VolumeSpec {
  createdAt: string;
}
