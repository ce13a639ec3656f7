import { z } from "@hono/zod-openapi";
import { Egress, EgressRequest } from "./egress.ts";
import { GrantedName } from "./grants.ts";
import { IdOrName, isInstant, Labels, Name, Time, orNull } from "./conventions.ts";
import { Health } from "./health.ts";
import { Healthcheck } from "./images.ts";
import { CAUSES, DESIRED, STATES } from "./lifecycle.ts";
import { ContainerPath, Target } from "./paths.ts";
import { Restart } from "./restart.ts";
import { ContainerSecret, SecretRequest, SECRETS_PER_CONTAINER } from "./secrets.ts";

const MIB = 1024 * 1024;
const Arg = z
  .string()
  .max(128 * 1024)
  .refine((text) => !text.includes("\0"), "must not contain NUL");
const Args = z.array(Arg).max(1024);
export const Env = z
  .record(z.string().regex(/^[^=\0]{1,256}$/, "a name without = or NUL"), Arg)
  .refine((env) => Object.keys(env).length <= 512, "at most 512 variables");

export const Limits = z
  .object({
    cpus: z.number().min(0.01).max(512).describe("Cores, as a decimal"),
    memoryBytes: z
      .number()
      .int()
      .min(6 * MIB)
      .describe("RAM; no swap is given on top"),
    pids: z.number().int().min(1).max(32_768),
  })
  .openapi("Limits");
export type Limits = z.infer<typeof Limits>;
export const DEFAULT_LIMITS: Limits = { cpus: 1, memoryBytes: 512 * MIB, pids: 256 };

/** A path of the user's virtual host tree: it names a volume of theirs, and no directory of a machine. */
export const HostPath = ContainerPath.refine((path) => path.replaceAll("/", "") !== "", "must not be /").refine(
  (path) => new TextEncoder().encode(path).length <= 1024,
  "at most 1024 bytes",
);

/** A port as it is kept. */
export const DeclaredPort = z.object({
  container: z.number().int().min(1).max(65_535),
  protocol: z.literal("tcp"),
  public: z.boolean().describe("Open to everybody who knows its address; else a key or a link is needed"),
});
export type DeclaredPort = z.infer<typeof DeclaredPort>;
export const Port = DeclaredPort.extend({
  url: z.string().describe("Where it is reached, on the port and over the protocol that this answer came by"),
}).openapi("Port");
export type Port = z.infer<typeof Port>;
export const PortRequest = z
  .strictObject({
    container: DeclaredPort.shape.container,
    protocol: z.literal("tcp").optional(),
    public: z.boolean().optional().describe("Default false"),
  })
  .openapi("PortRequest");
export type PortRequest = z.infer<typeof PortRequest>;

const Seconds = z.number().int().min(1).max(31_536_000);

export const MountRequest = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("volume"),
      source: z
        .union([IdOrName, GrantedName])
        .optional()
        .describe(
          "A volume's id or name; made when it does not exist; without it an anonymous volume. Another user's, that they grant: its id, or @owner/name",
        ),
      target: Target,
      readOnly: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal("tmpfs"),
      target: Target,
      sizeBytes: z
        .number()
        .int()
        .min(4096)
        .max(4096 * MIB)
        .optional(),
    }),
    z.strictObject({
      type: z.literal("host"),
      source: HostPath.describe("A path of one's own virtual host tree; made on first use and kept"),
      target: Target,
      readOnly: z.boolean().optional(),
    }),
  ])
  .openapi("MountRequest");
export type MountRequest = z.infer<typeof MountRequest>;

export const CreateContainer = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .max(300)
      .describe("A tag, an image id, or sha256:<hex>; another user's, that they grant: @owner/tag"),
    name: Name.optional().describe("Made up when absent"),
    command: Args.optional().describe("Replaces the image's CMD"),
    entrypoint: Args.optional().describe("Replaces the image's ENTRYPOINT and drops its CMD"),
    env: Env.optional(),
    workingDir: ContainerPath.optional(),
    user: z
      .string()
      .regex(/^[a-zA-Z0-9_.-]{1,64}(:[a-zA-Z0-9_.-]{1,64})?$/, "user or user:group")
      .optional(),
    hostname: z
      .string()
      .regex(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/, "a host name label")
      .optional(),
    tty: z.boolean().optional(),
    openStdin: z.boolean().optional(),
    stdinOnce: z
      .boolean()
      .optional()
      .describe(
        "With openStdin: the end of the first attached client's input is the end of the container's, as in docker run -i",
      ),
    labels: Labels.optional(),
    mounts: z.array(MountRequest).max(32).optional(),
    volumesFrom: z
      .array(
        z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}(:(ro|rw))?$/, "a container's id or name, then perhaps :ro"),
      )
      .max(16)
      .optional(),
    secrets: z
      .array(SecretRequest)
      .max(SECRETS_PER_CONTAINER)
      .optional()
      .describe("Each a read-only file in memory, written anew at each start with the value of then"),
    ports: z.array(PortRequest).max(64).optional().describe("Beside those that the image exposes"),
    healthcheck: Healthcheck.strict().nullable().optional().describe("In place of the image's; null: none"),
    limits: Limits.partial().strict().optional(),
    restart: Restart.optional().describe("Default no"),
    autoRemove: z
      .boolean()
      .optional()
      .describe("Removed, with its anonymous volumes that nobody else mounts, some seconds after it has ended"),
    ttlSeconds: Seconds.optional().describe("From each start until it is stopped"),
    idleTimeoutSeconds: Seconds.min(10)
      .optional()
      .describe("Stopped after so long without an open stream or connection and with next to no CPU time"),
    profile: z.enum(["standard", "restricted"]).optional(),
    egress: EgressRequest.optional().describe("Default: the service's, as a rule internet"),
    start: z.boolean().optional().describe("Default true"),
  })
  .refine(({ autoRemove, restart }) => !autoRemove || (restart?.policy ?? "no") === "no", {
    path: ["autoRemove"],
    message: "excludes a restart policy",
  })
  .openapi("CreateContainer");
export type CreateContainer = z.infer<typeof CreateContainer>;

export const UpdateContainer = z
  .strictObject({
    name: Name.optional(),
    limits: Limits.partial().strict().optional().describe("Those that are given change, also while it runs"),
    restart: Restart.optional(),
    ttlSeconds: Seconds.nullable().optional().describe("From now, or from its next start; null: no end"),
    idleTimeoutSeconds: Seconds.min(10).nullable().optional(),
    ports: z.array(PortRequest).max(64).optional().describe("All of them: those left out are no longer reached"),
  })
  .openapi("UpdateContainer");
export type UpdateContainer = z.infer<typeof UpdateContainer>;
export const RenameContainer = z.strictObject({ name: Name }).openapi("RenameContainer");

export const Termination = z
  .object({
    cause: z.enum(CAUSES),
    detail: z.string(),
    exitCode: z.number().int().optional(),
    signal: z.string().optional(),
    by: z.string().optional().describe("For stopped: the user's id"),
    limitBytes: z.number().int().optional().describe("For oom"),
    afterSeconds: z.number().int().optional().describe("For ttl and idle: the span that was over"),
    at: Time,
  })
  .openapi("Termination");
export type Termination = z.infer<typeof Termination>;

export const Failure = z.object({ code: z.string(), detail: z.string() }).openapi("Failure");
export type Failure = z.infer<typeof Failure>;

/** Milliseconds a container spent in each stage of its latest way to running. */
export const Timings = z.object({
  queueMs: z.number().optional().describe("From the request's commit until a worker took it"),
  createMs: z.number().optional().describe("The engine's create"),
  startMs: z.number().optional().describe("The engine's start"),
  readyMs: z.number().optional().describe("From the request's commit until running"),
});
export type Timings = z.infer<typeof Timings>;

export const Mount = z
  .object({
    type: z.enum(["volume", "tmpfs", "host"]),
    volume: z.object({ id: z.string(), name: z.string(), anonymous: z.boolean() }).nullable(),
    source: z.string().nullable().describe("For host: the path in the virtual host tree"),
    target: z.string(),
    readOnly: z.boolean(),
    sizeBytes: z.number().int().nullable(),
  })
  .openapi("Mount");
export type Mount = z.infer<typeof Mount>;

export const ContainerSize = z
  .object({
    writableBytes: z.number().int().describe("What it wrote over its image"),
    rootBytes: z.number().int().describe("All that its root shows: that and the image"),
  })
  .openapi("ContainerSize");
export type ContainerSize = z.infer<typeof ContainerSize>;

export const Container = z
  .object({
    id: z.string(),
    name: z.string(),
    image: z.object({ id: z.string().nullable(), reference: z.string(), digest: z.string() }),
    state: z.enum(STATES),
    desired: z.enum(DESIRED),
    exitCode: z.number().int().nullable(),
    termination: orNull(Termination),
    failure: orNull(Failure).describe("For failed and lost: why"),
    command: z.array(z.string()).nullable(),
    entrypoint: z.array(z.string()).nullable(),
    env: z.record(z.string(), z.string()),
    workingDir: z.string().nullable(),
    user: z.string().nullable(),
    hostname: z.string(),
    tty: z.boolean(),
    openStdin: z.boolean(),
    stdinOnce: z.boolean(),
    labels: z.record(z.string(), z.string()),
    mounts: z.array(Mount),
    secrets: z.array(ContainerSecret).describe("Without their values"),
    limits: Limits,
    pendingLimits: orNull(Limits).describe("Asked for, and not yet in force"),
    limitsRefused: z.string().nullable().describe("Why the host did not take the latest change of limits"),
    ports: z.array(Port),
    restart: z.object({ policy: Restart.shape.policy, maximumRetryCount: z.number().int().nullable() }),
    restartCount: z.number().int().describe("Restarts by the policy since it was last started on request"),
    restartAt: Time.nullable().describe("For restarting: when it starts again"),
    autoRemove: z.boolean(),
    ttlSeconds: z.number().int().nullable(),
    expiresAt: Time.nullable().describe("While it runs with a ttl: when it is stopped"),
    idleTimeoutSeconds: z.number().int().nullable(),
    healthcheck: orNull(Healthcheck),
    health: orNull(Health).describe("While it runs with a health check"),
    profile: z.enum(["standard", "restricted"]),
    egress: Egress,
    host: z.string().nullable().describe("The host's name"),
    timings: Timings,
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
    size: orNull(ContainerSize).describe("With ?size=true, where there is a file system for it"),
  })
  .openapi("Container");
export type Container = z.infer<typeof Container>;

export const SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGABRT",
  "SIGKILL",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGTERM",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGWINCH",
] as const;
export const Signal = z.preprocess(
  (value) => (typeof value === "string" && !value.startsWith("SIG") ? `SIG${value.toUpperCase()}` : value),
  z.enum(SIGNALS),
);
export const StopContainer = z
  .strictObject({
    signal: Signal.optional().describe("Default: the image's STOPSIGNAL, else SIGTERM"),
    graceSeconds: z.number().int().min(0).max(300).optional().describe("Until SIGKILL; default 10"),
  })
  .openapi("StopContainer");
export type StopContainer = z.infer<typeof StopContainer>;
export const KillContainer = z
  .strictObject({ signal: Signal.optional().describe("Default SIGKILL") })
  .openapi("KillContainer");

export const WaitContainer = z
  .strictObject({
    condition: z
      .enum(["ended", "healthy"])
      .optional()
      .describe(
        "Default ended. healthy: the verdict of its health check, healthy or unhealthy, or its end; health tells",
      ),
    timeoutSeconds: z.number().min(0).max(300).optional().describe("Default 300; then the answer says settled: false"),
  })
  .openapi("WaitContainer");
export const Waited = z
  .object({
    settled: z.boolean(),
    state: z.enum(STATES),
    exitCode: z.number().int().nullable(),
    termination: orNull(Termination),
    health: orNull(Health),
  })
  .openapi("Waited");

export const Exec = z
  .strictObject({
    command: Args.min(1),
    env: Env.optional(),
    workingDir: ContainerPath.optional(),
    user: z.string().min(1).max(129).optional(),
    stdin: z
      .string()
      .max(1 * MIB)
      .optional()
      .describe("Text for standard input, then end of file"),
    timeoutSeconds: z.number().min(0.1).max(3600).optional().describe("Default 60; the process is then killed"),
  })
  .openapi("Exec");
export type Exec = z.infer<typeof Exec>;
/** What a command and all it started used, where the kernel told. */
export const ExecAccount = {
  cpuMs: z.number().nullable().describe("Processor time; null: it was too short to be counted, or nobody counts there"),
  peakMemoryBytes: z.number().int().nullable().describe("The most it held; null also on hosts with cgroup version 2"),
  oomKilled: z.boolean().nullable().describe("The kernel killed a process of it for memory; null: not known"),
};
export const ExecResult = z
  .object({
    exitCode: z.number().int().nullable().describe("null: it was killed at its time limit"),
    timedOut: z.boolean(),
    stdout: z.string(),
    stderr: z.string(),
    truncated: z.boolean().describe("An output was over 1 MiB and the rest left out"),
    durationMs: z.number(),
    ...ExecAccount,
  })
  .openapi("ExecResult");
export type ExecResult = z.infer<typeof ExecResult>;

const INSTANT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)`;
/** The id of a line of a container's log; an RFC 3339 time alone is one, too. */
export const LOG_POSITION = new RegExp(`^(${INSTANT})(?:~(\\d{1,9})(?:~(${INSTANT}))?)?$`);
export function isLogPosition(text: string): boolean {
  const [, at, , first] = LOG_POSITION.exec(text) ?? [];
  return at !== undefined && isInstant(at) && (first === undefined || isInstant(first));
}
export const LogLine = z
  .object({
    id: z.string().describe("Give it as Last-Event-ID to go on after it"),
    stream: z.enum(["stdout", "stderr"]),
    text: z.string(),
    at: z.string().describe("RFC 3339 with nanoseconds; the two streams are stamped apart, so not quite in order"),
  })
  .openapi("LogLine");
export type LogLine = z.infer<typeof LogLine>;
