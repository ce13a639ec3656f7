import type { Container, Image, Port, Volume } from "@hafen/sdk";

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
    },
    Image: image.id,
    Mounts: container.mounts.map((mount) => ({
      Type: mount.type,
      Name: mount.volume?.name ?? "",
      Destination: mount.target,
      Mode: mount.readOnly ? "ro" : "rw",
      RW: !mount.readOnly,
    })),
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
      Labels: container.labels,
      ExposedPorts: Object.fromEntries(container.ports.map((port) => [portName(port), {}])),
    },
    NetworkSettings: { Ports: Object.fromEntries(container.ports.map((port) => [portName(port), [bindingOf(port)]])) },
    HostConfig: { Memory: limits.memoryBytes, NanoCpus: limits.cpus * NANO, PidsLimit: limits.pids },
    Hafen: container,
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
      ExposedPorts: Object.fromEntries(config.exposedPorts.map((port) => [port, {}])),
      Env: config.env,
      Cmd: config.command,
      Entrypoint: config.entrypoint,
      Volumes: Object.fromEntries(config.volumes.map((path) => [path, {}])),
      WorkingDir: config.workingDir,
      OnBuild: config.onBuild,
      Labels: config.labels,
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
    Labels: volume.labels,
    Scope: "local",
    Hafen: volume,
  };
}
