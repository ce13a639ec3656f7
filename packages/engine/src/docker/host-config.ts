import type { ContainerCreateOptions, HostConfig } from "dockerode";
import type { ContainerSpec, MountSpec } from "../engine.ts";
import { EngineError } from "../error.ts";
import { secretPath } from "./secret-files.ts";

type CreateOptions = Omit<ContainerCreateOptions, "HostConfig" | "Healthcheck"> & {
  Healthcheck: { Test: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; Retries?: number };
  HostConfig: HostConfig & { CgroupnsMode: "private" };
};

const NO_HEALTHCHECK = "NONE";

/** Whether a container's check is the one that stands in for its image's. */
export function isOwnHealthcheck(check: { Test?: string[] | null } | null | undefined): boolean {
  return check?.Test?.[0] === NO_HEALTHCHECK;
}

/**
 * Everything dockerd is told about a container. Pure, so that a property test can hold every spec against the rules:
 * nothing a spec may say widens what is fixed here, and nothing is left to a default of the engine.
 */
export function toCreateOptions(spec: ContainerSpec, secretsDirectory?: string): CreateOptions {
  return {
    name: spec.name,
    Image: spec.imageId,
    Hostname: spec.hostname,
    ...(spec.entrypoint && { Entrypoint: spec.entrypoint }),
    ...(spec.command && { Cmd: spec.command }),
    Env: spec.env,
    ...(spec.workingDir !== undefined && { WorkingDir: spec.workingDir }),
    ...(spec.user !== undefined && { User: spec.user }),
    ...(spec.stopSignal !== undefined && { StopSignal: spec.stopSignal }),
    Tty: spec.tty,
    OpenStdin: spec.openStdin,
    // Unless asked for, a client that leaves does not close the container's stdin: others may attach later.
    StdinOnce: spec.stdinOnce ?? false,
    AttachStdin: spec.openStdin,
    AttachStdout: true,
    AttachStderr: true,
    Labels: spec.labels,
    Healthcheck: healthcheck(spec),
    // Engines from API 1.44 on want it with the network.
    ...(spec.macAddress !== undefined && { MacAddress: spec.macAddress }),
    HostConfig: hostConfig(spec, secretsDirectory),
    ...(typeof spec.network === "object" && {
      NetworkingConfig: {
        EndpointsConfig: {
          [spec.network.name]: {
            Aliases: spec.network.aliases,
            ...(spec.macAddress !== undefined && { MacAddress: spec.macAddress }),
          },
        },
      },
    }),
  };
}

/** Without one in the spec the image's own would run, as often as the image likes. */
function healthcheck({ healthcheck: check }: ContainerSpec): CreateOptions["Healthcheck"] {
  if (!check) return { Test: [NO_HEALTHCHECK] };
  if (check.test[0] !== "CMD" && check.test[0] !== "CMD-SHELL")
    throw new EngineError("invalid", `not a health check: ${JSON.stringify(check.test).slice(0, 200)}`);
  const nanoseconds = (ms: number) => Math.round(ms * 1e6);
  const { test, intervalMs, timeoutMs, startPeriodMs, retries } = check;
  return {
    Test: test,
    ...(intervalMs !== undefined && { Interval: nanoseconds(intervalMs) }),
    ...(timeoutMs !== undefined && { Timeout: nanoseconds(timeoutMs) }),
    ...(startPeriodMs !== undefined && { StartPeriod: nanoseconds(startPeriodMs) }),
    ...(retries !== undefined && { Retries: retries }),
  };
}

function hostConfig(
  { isolation, limits, ...spec }: ContainerSpec,
  secretsDirectory: string | undefined,
): CreateOptions["HostConfig"] {
  return {
    Mounts: [...spec.mounts.flatMap(volumeMount), ...secretMounts(spec, secretsDirectory)],
    Tmpfs: Object.fromEntries(spec.mounts.flatMap(tmpfsMount)),
    Memory: limits.memoryBytes,
    // Alone, `Memory` lets as much again be swapped.
    MemorySwap: limits.memoryBytes,
    NanoCpus: Math.round(limits.cpus * 1e9),
    CpuShares: cpuShares(limits),
    PidsLimit: limits.pids,
    // No nproc: the kernel counts it per uid, over all containers.
    Ulimits: [
      { Name: "nofile", Soft: spec.openFiles, Hard: spec.openFiles },
      { Name: "core", Soft: 0, Hard: 0 },
    ],
    ShmSize: spec.shmBytes,
    // Below 0 it would outlive the machine's own programs.
    OomScoreAdj: Math.min(1000, Math.max(0, spec.oomScore ?? 0)),
    CapDrop: ["ALL"],
    CapAdd: isolation.capabilities.map(checkedCapability),
    SecurityOpt: [
      "no-new-privileges:true",
      ...(isolation.seccomp === undefined ? [] : [`seccomp=${checkedProfile(isolation.seccomp)}`]),
    ],
    Privileged: false,
    ReadonlyRootfs: isolation.readOnlyRoot,
    NetworkMode: networkMode(spec.network),
    IpcMode: "private",
    CgroupnsMode: "private",
    PublishAllPorts: false,
    Init: true,
    RestartPolicy: { Name: "no" },
    LogConfig: {
      Type: "json-file",
      Config: { "max-size": String(spec.log.maxBytes), "max-file": String(spec.log.files) },
    },
    ...(isolation.cgroupParent !== undefined && { CgroupParent: isolation.cgroupParent }),
  };
}

/** Where processors are short each has of them by its limit: many small containers do not crowd out one that may use a whole core. */
export function cpuShares({ cpus }: ContainerSpec["limits"]): number {
  return Math.max(2, Math.round(cpus * 1024));
}

/** Docker has modes that are no networks: `host` and `container:…` would join somebody else's. */
function networkMode(network: ContainerSpec["network"]): string {
  if (typeof network === "string") return network;
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(network.name) && network.name !== "host" && network.name !== "default")
    return network.name;
  throw new EngineError("invalid", `not a network's name: ${JSON.stringify(network.name)}`);
}

function volumeMount(mount: MountSpec) {
  if (mount.type !== "volume") return [];
  // A source with a slash would be a path of the host to some engines.
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(mount.volume))
    throw new EngineError("invalid", `not a volume name: ${JSON.stringify(mount.volume)}`);
  const NoCopy = mount.fromImage === false;
  const VolumeOptions = { NoCopy, Labels: {}, DriverConfig: { Name: "", Options: {} } };
  return [
    { Type: "volume" as const, Source: mount.volume, Target: mount.target, ReadOnly: mount.readOnly, VolumeOptions },
  ];
}

/** The only paths of the host that any container sees; nothing of a spec is in them but its own name. */
function secretMounts({ name, secretFiles = [] }: Pick<ContainerSpec, "name" | "secretFiles">, directory?: string) {
  return secretFiles.map(({ target }, position) => ({
    Type: "bind" as const,
    Source: secretPath(directory, name, position),
    Target: target,
    ReadOnly: true,
    BindOptions: { Propagation: "rprivate" as const },
  }));
}

function tmpfsMount(mount: MountSpec): [string, string][] {
  if (mount.type !== "tmpfs") return [];
  return [[mount.target, `rw,nosuid,nodev,noexec,mode=1777,size=${mount.sizeBytes},nr_inodes=${mount.inodes}`]];
}

function checkedCapability(name: string): string {
  if (!/^(CAP_)?[A-Z_]+$/.test(name) || /^(CAP_)?ALL$/.test(name))
    throw new EngineError("invalid", `not one capability: ${name}`);
  return name;
}

function checkedProfile(profile: string): string {
  if (!profile.trimStart().startsWith("{")) throw new EngineError("invalid", "the seccomp profile is not JSON");
  return profile;
}
