import type { Container, Health, Healthcheck, Image, Mount, Port, Secret, Volume } from "@hafen/sdk";
import { goMap } from "../../format/template/values.ts";

/** Docker's names for what the API says, for inspect and its templates; `Hafen` is the API's object itself. */

const NANO = 1e9;

export function containerView(container: Container): Record<string, unknown> {
  const { id, name, createdAt, image, state, exitCode, termination, failure, limits } = container;
  return {
    Id: id,
    Created: createdAt,
    Name: name,
    State: {
      Status: state,
      Running: state === "running",
      Paused: state === "paused",
      Restarting: state === "restarting",
      OOMKilled: termination?.cause === "oom",
      ExitCode: exitCode ?? 0,
      Error: failure?.detail ?? "",
      StartedAt: container.startedAt,
      FinishedAt: container.finishedAt,
      Health: container.health === null ? null : healthView(container.health),
    },
    Image: image.digest,
    RestartCount: container.restartCount,
    Mounts: container.mounts.map(mountView),
    Config: {
      Hostname: container.hostname,
      User: container.user ?? "",
      Tty: container.tty,
      OpenStdin: container.openStdin,
      StdinOnce: container.stdinOnce,
      Env: Object.entries(container.env).map(([key, value]) => `${key}=${value}`),
      Cmd: container.command,
      Entrypoint: container.entrypoint,
      Image: image.reference,
      WorkingDir: container.workingDir ?? "",
      Labels: goMap(container.labels),
      ...(container.healthcheck === null ? {} : { Healthcheck: healthcheckView(container.healthcheck) }),
      ExposedPorts: goMap(Object.fromEntries(container.ports.map((port) => [portName(port), {}]))),
    },
    NetworkSettings: {
      Ports: goMap(Object.fromEntries(container.ports.map((port) => [portName(port), [bindingOf(port)]]))),
    },
    HostConfig: {
      Memory: limits.memoryBytes,
      NanoCpus: limits.cpus * NANO,
      PidsLimit: limits.pids,
      AutoRemove: container.autoRemove,
      RestartPolicy: {
        Name: container.restart.policy,
        MaximumRetryCount: container.restart.maximumRetryCount ?? 0,
      },
    },
    ...(container.size ? { SizeRw: container.size.writableBytes, SizeRootFs: container.size.rootBytes } : {}),
    Hafen: container,
  };
}

function healthView({ status, failingStreak, last }: Health): Record<string, unknown> {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: last === null ? [] : [{ End: last.at, ExitCode: last.exitCode, Output: last.output }],
  };
}

/** Docker counts these in nanoseconds. */
function healthcheckView(check: Healthcheck): Record<string, unknown> {
  return {
    Test: check.test,
    Interval: (check.intervalSeconds ?? 0) * NANO,
    Timeout: (check.timeoutSeconds ?? 0) * NANO,
    StartPeriod: (check.startPeriodSeconds ?? 0) * NANO,
    Retries: check.retries ?? 0,
  };
}

/**
 * Docker's source of a volume is a directory of its machine, which is nobody's business here: a volume is where its id says, for good; one of
 * the virtual host tree is a bind of its path.
 */
function mountView(mount: Mount): Record<string, unknown> {
  const types = { host: "bind", volume: "volume", tmpfs: "tmpfs" } as const;
  const isVolume = mount.type === "volume";
  return {
    Type: types[mount.type],
    Name: isVolume ? (mount.volume?.name ?? "") : "",
    Source: mount.source ?? mount.volume?.id ?? "",
    Destination: mount.target,
    Driver: isVolume ? "local" : "",
    Mode: mount.readOnly ? "ro" : "",
    RW: !mount.readOnly,
    Propagation: "",
  };
}

function portName({ container, protocol }: Port): string {
  return `${container}/${protocol}`;
}

/** Docker's place for the address that a port is reached at. */
function bindingOf({ url }: Port): { HostIp: string; HostPort: string } {
  const { hostname, port, protocol } = new URL(url);
  return { HostIp: hostname, HostPort: port || (protocol === "https:" ? "443" : "80") };
}

export function imageView(image: Image): Record<string, unknown> {
  const { config } = image;
  return {
    Id: image.digest,
    RepoTags: image.tags,
    Created: image.createdAt,
    Architecture: image.architecture,
    Os: image.os,
    Size: image.sizeBytes,
    Config: {
      User: config.user,
      ExposedPorts: goMap(Object.fromEntries(config.exposedPorts.map((port) => [port, {}]))),
      Env: config.env,
      Cmd: config.command,
      Entrypoint: config.entrypoint,
      Volumes: goMap(Object.fromEntries(config.volumes.map((path) => [path, {}]))),
      WorkingDir: config.workingDir,
      OnBuild: config.onBuild,
      Labels: goMap(config.labels),
      StopSignal: config.stopSignal ?? "",
    },
    RootFS: { Type: "layers", Layers: image.layers },
    Hafen: image,
  };
}

export function volumeView(volume: Volume): Record<string, unknown> {
  return {
    Name: volume.name,
    CreatedAt: volume.createdAt,
    Driver: "local",
    Labels: goMap(volume.labels),
    Mountpoint: volume.hostPath ?? volume.id,
    Scope: "local",
    ...(volume.usedBytes === null ? {} : { UsageData: { Size: volume.usedBytes, RefCount: volume.mountedBy.length } }),
    Hafen: volume,
  };
}

/** Docker never shows a secret's value either. */
export function secretView(secret: Secret): Record<string, unknown> {
  return {
    ID: secret.id,
    Version: { Index: secret.version },
    CreatedAt: secret.createdAt,
    UpdatedAt: secret.updatedAt,
    Spec: { Name: secret.name, Labels: goMap({}) },
    Hafen: secret,
  };
}
