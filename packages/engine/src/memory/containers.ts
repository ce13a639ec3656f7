import { randomBytes } from "node:crypto";
import type { ContainerSpec, EngineId, Label, StopOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Unpositioned } from "../log-position.ts";
import { openJournal } from "./journal.ts";
import { secretsOf } from "./secret-files.ts";
import { startProcess } from "./process.ts";
import {
  type Container,
  digest,
  emit,
  fileView,
  findContainer,
  findImage,
  getContainer,
  type Image,
  type World,
} from "./world.ts";

export function createContainer(world: World, spec: ContainerSpec): EngineId {
  const existing = findContainer(world, spec.name);
  if (existing) return existing.info.id;
  const image = findImage(world, spec.imageId);
  if (!image) throw new EngineError("not_found", `no image ${spec.imageId}`);
  const relative = spec.mounts.find(({ target }) => !target.startsWith("/"));
  if (relative) throw new EngineError("invalid", `mount target ${relative.target} is not absolute`);
  if (typeof spec.network === "object" && !world.networks.has(spec.network.name))
    throw new EngineError("not_found", `no network ${spec.network.name}`);
  const container: Container = {
    spec,
    command: commandOf(spec, image),
    files: new Map(image.files),
    secrets: new Map(),
    log: [],
    ended: Promise.resolve(),
    waiting: new Set(),
    info: {
      id: digest(randomBytes(16)),
      name: spec.name,
      labels: { ...image.config.labels, ...spec.labels },
      imageId: image.id,
      state: "created",
      oomKilled: false,
      pid: 0,
      createdAt: world.stamp(),
      networks: typeof spec.network === "object" ? { [spec.network.name]: { aliases: [...spec.network.aliases] } } : {},
      mounts: spec.mounts.flatMap((mount) =>
        mount.type === "volume" ? [{ volume: mount.volume, target: mount.target, readOnly: mount.readOnly }] : [],
      ),
      addresses: [],
    },
  };
  fillVolumes(world, container);
  world.containers.set(container.info.id, container);
  emit(world, "create", container);
  return container.info.id;
}

/** As Docker merges them: an entrypoint of the spec drops the image's command. */
function commandOf(spec: ContainerSpec, image: Image): string[] {
  const command = spec.command?.length || spec.entrypoint?.length ? (spec.command ?? []) : image.config.command;
  const whole = [...(spec.entrypoint ?? image.config.entrypoint), ...command];
  if (whole.length === 0) throw new EngineError("invalid", "no command specified");
  return whole;
}

/** An empty volume takes what the image has in its place. */
function fillVolumes(world: World, { spec, files }: Container): void {
  for (const mount of spec.mounts) {
    if (mount.type !== "volume") continue;
    const { volume: name, target, fromImage = true } = mount;
    const volume = world.volumes.get(name) ?? {
      name,
      labels: {},
      createdAt: world.stamp(),
      files: new Map<string, Uint8Array>(),
    };
    world.volumes.set(name, volume);
    if (volume.files.size > 0 || !fromImage) continue;
    for (const [path, data] of files)
      if (path.startsWith(`${target}/`)) volume.files.set(path.slice(target.length), data);
  }
}

export function startContainer(world: World, id: EngineId): void {
  const container = getContainer(world, id);
  const { info } = container;
  if (container.process) return;
  container.secrets = secretsOf(world, container.spec);
  const process = startProcess(container.command, fileView(world, container));
  const followable = openJournal<Unpositioned>();
  Object.assign(container, { process, followable });
  for (const begin of container.waiting) begin(process);
  container.waiting.clear();
  Object.assign(info, { state: "running", pid: 1, startedAt: world.stamp(), exitCode: undefined, oomKilled: false });
  info.addresses = addressesOf(world, container);
  emit(world, "start", container);
  container.ended = run(world, container);
}

/** Of a range that belongs to nobody (RFC 5737): nothing answers there. */
function addressesOf(world: World, { spec }: Container): Container["info"]["addresses"] {
  if (spec.network === "none") return [];
  const taken = new Set(
    [...world.containers.values()].flatMap(({ info }) => info.addresses.map((each) => each.address)),
  );
  const free = Array.from({ length: 254 }, (_, at) => `192.0.2.${at + 1}`).find((address) => !taken.has(address));
  if (free === undefined) throw new EngineError("unavailable", "no address is free");
  return [{ network: typeof spec.network === "object" ? spec.network.name : spec.network, address: free }];
}

async function run(world: World, container: Container): Promise<void> {
  const { process, followable } = container;
  if (!process || !followable) return;
  for await (const { stream, data } of process.output.follow(0)) {
    const chunk = { stream, data, at: world.stamp() };
    container.log.push(chunk);
    followable.push(chunk);
  }
  const exitCode = await process.exitCode;
  container.process = undefined;
  Object.assign(container.info, { state: "exited", pid: 0, exitCode, finishedAt: world.stamp(), addresses: [] });
  followable.close();
  if (world.containers.get(container.info.id) === container) emit(world, "die", container);
}

export async function stopContainer(
  world: World,
  id: EngineId,
  { graceSeconds, stopSignal, signal }: StopOptions,
): Promise<void> {
  const container = findContainer(world, id);
  if (!container?.process) return;
  const image = world.images.get(container.info.imageId);
  container.process.signal(stopSignal ?? container.spec.stopSignal ?? image?.config.stopSignal ?? "SIGTERM");
  const { process } = container;
  const timer = setTimeout(() => process.signal("SIGKILL"), graceSeconds * 1000);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new EngineError("aborted", `stop ${id}: aborted`));
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([container.ended, aborted]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    // An aborted stop goes on in the engine, as dockerd's does.
    void container.ended.then(() => clearTimeout(timer));
  }
}

export function signalContainer(world: World, id: EngineId, signal: string): void {
  const { process } = getContainer(world, id);
  if (!process) throw new EngineError("conflict", `container ${id} is not running`);
  process.signal(signal);
}

export async function removeContainer(world: World, id: EngineId): Promise<void> {
  const container = findContainer(world, id);
  if (!container) return;
  container.process?.signal("SIGKILL");
  await container.ended;
  if (world.containers.delete(container.info.id)) emit(world, "destroy", container);
}

export function listContainers(world: World, { key, value }: Label) {
  return [...world.containers.values()]
    .filter(({ info }) => info.labels[key] === value)
    .map(({ info: { id, name, labels, state } }) => ({ id, name, labels: { ...labels }, state }));
}
