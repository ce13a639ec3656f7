import type { Engine, EngineEvent, EventOptions, RegistryLogin } from "../engine.ts";
import { EngineError } from "../error.ts";
import { getArchive, putArchive, statPath } from "./archives.ts";
import { buildImage } from "./build.ts";
import {
  createContainer,
  listContainers,
  removeContainer,
  signalContainer,
  startContainer,
  stopContainer,
} from "./containers.ts";
import { type Controls, instrument } from "./controls.ts";
import { commitContainer } from "./commit.ts";
import { containerSize, diskUsage } from "./disk-usage.ts";
import { importImage, inspectImage, loadImages, removeTag, saveImage, tagImage } from "./images.ts";
import { logs } from "./logs.ts";
import { changes, exportContainer, isolation, stats, top, usage } from "./measures.ts";
import { createNetwork, listNetworks, removeNetwork, setEndpoint } from "./networks.ts";
import { pauseContainer, unpauseContainer, updateContainer } from "./pause.ts";
import { newRegistry, pullImage, pushImage, resolveImage } from "./registry.ts";
import { putSecretFiles } from "./secret-files.ts";
import { attach, exec } from "./sessions.ts";
import { createWorld, findContainer, findImage, getContainer, type World } from "./world.ts";

export type MemoryEngine = Engine & Controls;

/** An engine without processes: same observable behaviour, commands are scripted (see `startProcess`), and tests can break it. */
export function openMemory(registries: Record<string, { login?: RegistryLogin }> = {}): MemoryEngine {
  const world = createWorld();
  for (const [host, { login }] of Object.entries(registries)) world.registries.set(host, newRegistry(login));
  const engine: Engine = {
    info: async () => INFO,
    events: (options) => events(world, options),
    createContainer: async (spec) => createContainer(world, spec),
    inspectContainer: async (id) => structuredClone(findContainer(world, id)?.info),
    putSecretFiles: async (name, files) => putSecretFiles(world, name, files),
    removeSecretFiles: async (name) => void world.secretFiles.delete(name),
    listSecretFiles: async () => [...world.secretFiles.keys()],
    listContainers: async (label) => listContainers(world, label),
    startContainer: async (id) => startContainer(world, id),
    stopContainer: (id, options) => stopContainer(world, id, options),
    signalContainer: async (id, signal) => signalContainer(world, id, signal),
    pauseContainer: async (id) => pauseContainer(world, id),
    unpauseContainer: async (id) => unpauseContainer(world, id),
    updateContainer: async (id, limits) => updateContainer(world, id, limits),
    removeContainer: (id) => removeContainer(world, id),
    logs: (id, options) => logs(world, id, options),
    exec: async (id, spec) => exec(world, id, spec),
    attach: async (id, options) => attach(world, id, options),
    getArchive: async (id, path) => getArchive(world, id, path),
    statPath: async (id, path) => statPath(world, id, path),
    putArchive: (id, path, tar) => putArchive(world, id, path, tar),
    commitContainer: async (id, options) => commitContainer(world, id, options),
    exportContainer: async (id) => {
      getContainer(world, id);
      return exportContainer(world, id);
    },
    changes: async (id) => changes(world, id),
    usage: async (id) => usage(world, id),
    stats: (id, op) => stats(world, id, op),
    top: async (id) => top(world, id),
    isolation: async (id) => isolation(world, id),
    inspectImage: async (ref) => inspectImage(world, ref),
    listTags: async (prefix) =>
      [...world.tags].filter(([tag]) => tag.startsWith(prefix)).map(([tag, imageId]) => ({ tag, imageId })),
    tagImage: async (imageId, tag) => tagImage(world, imageId, tag),
    removeTag: async (tag) => removeTag(world, tag),
    imageHistory: async (imageId) => structuredClone(imageOf(world, imageId).history),
    buildImage: (request, op) => buildImage(world, request, op),
    clearBuild: async () => {},
    importImage: (rootfs, options) => importImage(world, rootfs, options),
    loadImages: (archive) => loadImages(world, archive),
    saveImage: async (imageId) => saveImage(world, imageId),
    resolveImage: async (reference, login) => resolveImage(world, reference, login),
    pullImage: (request) => pullImage(world, request),
    pushImage: (request) => pushImage(world, request),
    async createVolume({ name, labels }) {
      if (!world.volumes.has(name))
        world.volumes.set(name, { name, labels: { ...labels }, createdAt: world.stamp(), files: new Map() });
    },
    inspectVolume: async (name) => volumeInfo(world, name),
    listVolumes: async ({ key, value }) =>
      [...world.volumes.keys()]
        .flatMap((name) => volumeInfo(world, name) ?? [])
        .filter(({ labels }) => labels[key] === value),
    async removeVolume(name) {
      const user = [...world.containers.values()].find(({ info }) => info.mounts.some(({ volume }) => volume === name));
      if (user) throw new EngineError("conflict", `volume ${name} is in use by ${user.info.id}`);
      world.volumes.delete(name);
    },
    createNetwork: async (spec) => createNetwork(world, spec),
    setEndpoint: async (id, network, { aliases }) => setEndpoint(world, id, network, aliases),
    listNetworks: async (label) => listNetworks(world, label),
    removeNetwork: async (name) => removeNetwork(world, name),
    isVolumeEmpty: async (name) => (world.volumes.get(name)?.files.size ?? 0) === 0,
    diskUsage: async () => diskUsage(world),
    containerSize: async (id) => containerSize(world, id),
    close: async () => world.events.close(),
  };
  return instrument(engine, world);
}

const INFO = {
  id: "memory",
  version: "0",
  apiVersion: "0",
  cpus: 2,
  memoryBytes: 8 * 1024 ** 3,
  cgroupVersion: 2 as const,
  storageDriver: "memory",
  runtimes: ["memory"],
  components: [{ name: "engine", version: "0", build: "" }],
  protections: { userNamespaces: true, seccomp: true, liveRestore: true, noNewPrivileges: true },
};

async function* events(
  world: World,
  { label, sinceMs, signal }: EventOptions,
): AsyncGenerator<EngineEvent, void, undefined> {
  const from = sinceMs === 0 ? world.events.entries.length : 0;
  for await (const event of world.events.follow(from, signal)) {
    if (event.atMs >= sinceMs && event.labels[label.key] === label.value) yield event;
  }
  if (!signal.aborted) throw new EngineError("unavailable", "events: the engine ended the stream");
}

function imageOf(world: World, imageId: string) {
  const image = findImage(world, imageId);
  if (!image) throw new EngineError("not_found", `no image ${imageId}`);
  return image;
}

function volumeInfo(world: World, name: string) {
  const found = world.volumes.get(name);
  return found && { name: found.name, labels: { ...found.labels }, createdAt: found.createdAt };
}
