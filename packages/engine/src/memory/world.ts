import { createHash } from "node:crypto";
import type {
  ContainerInfo,
  ContainerSpec,
  EngineEvent,
  EngineId,
  HistoryEntry,
  ImageConfig,
  NetworkInfo,
  SecretFile,
  VolumeInfo,
} from "../engine.ts";
import { EngineError } from "../error.ts";
import type { Unpositioned } from "../log-position.ts";
import { type Journal, openJournal } from "./journal.ts";
import type { FileView, Process } from "./process.ts";
import type { Registry } from "./registry.ts";
import type { Files } from "../tar.ts";

export interface Container {
  info: ContainerInfo;
  spec: ContainerSpec;
  command: string[];
  files: Files;
  /** Since its latest start, by where they are. */
  secrets: Files;
  log: Unpositioned[];
  /** While it runs. */
  process?: Process | undefined;
  /** Of the last run, which a late reader may still follow. */
  followable?: Journal<Unpositioned> | undefined;
  ended: Promise<void>;
  /** Who attached before the next start. */
  waiting: Set<(process: Process) => void>;
}
export interface Image {
  id: string;
  parentId: string | undefined;
  createdAt: string;
  config: ImageConfig;
  files: Files;
  diffIds: string[];
  history: HistoryEntry[];
}
export interface Volume extends VolumeInfo {
  files: Files;
}

/** All that a memory engine holds. */
export interface World {
  containers: Map<EngineId, Container>;
  images: Map<string, Image>;
  tags: Map<string, string>;
  volumes: Map<string, Volume>;
  networks: Map<string, NetworkInfo>;
  /** By the name of their container. */
  secretFiles: Map<string, SecretFile[]>;
  /** By host. */
  registries: Map<string, Registry>;
  events: Journal<EngineEvent>;
  /** RFC 3339 with nanoseconds, and never the same twice. */
  stamp(): string;
}

export function createWorld(): World {
  let last = 0n;
  const stamp = () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    last = now > last ? now : last + 1n;
    const fraction = String(last % 1_000_000_000n).padStart(9, "0");
    return `${new Date(Number(last / 1_000_000n)).toISOString().slice(0, 19)}.${fraction}Z`;
  };
  return {
    containers: new Map(),
    images: new Map(),
    tags: new Map(),
    volumes: new Map(),
    networks: new Map(),
    secretFiles: new Map(),
    registries: new Map(),
    events: openJournal(),
    stamp,
  };
}

/** By id or name, as Docker finds it. */
export function findContainer(world: World, id: EngineId): Container | undefined {
  return world.containers.get(id) ?? [...world.containers.values()].find(({ info }) => info.name === id);
}

export function getContainer(world: World, id: EngineId): Container {
  const found = findContainer(world, id);
  if (!found) throw new EngineError("not_found", `no container ${id}`);
  return found;
}

export function findImage(world: World, ref: string): Image | undefined {
  const tag = /:[^/]*$/.test(ref) ? ref : `${ref}:latest`;
  return world.images.get(world.tags.get(tag) ?? ref);
}

export function emit(world: World, action: EngineEvent["action"], { info }: Container): void {
  world.events.push({ action, containerId: info.id, labels: { ...info.labels }, atMs: Date.now() });
}

export function digest(...parts: (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** A container's files with its volumes in their places. */
export function fileView(world: World, { spec, files, secrets }: Container): FileView & { paths(): string[] } {
  const mounts = spec.mounts
    .filter((mount) => mount.type === "volume")
    .toSorted((a, b) => b.target.length - a.target.length);
  const place = (path: string) => {
    if (secrets.has(path)) return { within: secrets, inside: path, readOnly: true };
    const mount = mounts.find(({ target }) => path.startsWith(`${target}/`));
    const volume = mount && world.volumes.get(mount.volume);
    if (!mount || !volume) return { within: files, inside: path, readOnly: spec.isolation.readOnlyRoot };
    return { within: volume.files, inside: path.slice(mount.target.length), readOnly: mount.readOnly };
  };
  return {
    read(path) {
      const { within, inside } = place(path);
      return within.get(inside);
    },
    write(path, data) {
      const { within, inside, readOnly } = place(path);
      if (!readOnly) within.set(inside, data);
      return !readOnly;
    },
    paths: () => [
      ...[...files.keys()].filter((path) => place(path).within === files),
      ...mounts.flatMap(({ target, volume }) =>
        [...(world.volumes.get(volume)?.files.keys() ?? [])].map((path) => `${target}${path}`),
      ),
    ],
  };
}
