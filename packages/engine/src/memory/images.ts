import type { HistoryEntry, ImageConfig, ImageInfo, ImportOptions } from "../engine.ts";
import { EngineError } from "../error.ts";
import { type Files, once, packTar, unpackTar } from "../tar.ts";
import { digest, findImage, type Image, type World } from "./world.ts";

export const EMPTY_CONFIG: ImageConfig = {
  entrypoint: [],
  command: [],
  env: [],
  workingDir: "",
  user: "",
  exposedPorts: [],
  volumes: [],
  labels: {},
  onBuild: [],
};

export function inspectImage(world: World, ref: string): ImageInfo | undefined {
  const image = findImage(world, ref);
  if (!image) return undefined;
  const { id, createdAt, config, files, diffIds } = image;
  const tags = [...world.tags].filter(([, held]) => held === id).map(([tag]) => tag);
  return {
    id,
    tags,
    sizeBytes: sizeOf(files),
    architecture: "amd64",
    os: "linux",
    createdAt,
    config: structuredClone(config),
    diffIds: [...diffIds],
  };
}

export function addImage(
  world: World,
  parent: Image | undefined,
  config: ImageConfig,
  files: Files,
  createdBy: string,
): Image {
  const changed = [...files].filter(([path, data]) => parent?.files.get(path) !== data);
  const layer = changed.length > 0 ? [`sha256:${digest(packTar(new Map(changed)))}`] : [];
  const createdAt = world.stamp();
  const id = `sha256:${digest(parent?.id ?? "", createdBy, createdAt, JSON.stringify(config), ...layer)}`;
  const entry: HistoryEntry = {
    imageId: id,
    createdAt,
    createdBy,
    sizeBytes: sizeOf(new Map(changed)),
    comment: "",
    layer: layer.length > 0,
  };
  const image: Image = {
    id,
    parentId: parent?.id,
    createdAt,
    config,
    files,
    diffIds: [...(parent?.diffIds ?? []), ...layer],
    history: [entry, ...(parent?.history ?? [])],
  };
  world.images.set(id, image);
  return image;
}

export async function importImage(
  world: World,
  rootfs: AsyncIterable<Uint8Array>,
  { changes }: ImportOptions,
): Promise<string> {
  const files = await unpack(rootfs);
  const config = changes.reduce(applyInstruction, EMPTY_CONFIG);
  return addImage(world, undefined, config, files, "").id;
}

/** Takes what `saveImage` of the conformance suite makes: as much of the format as there is in memory. */
export async function loadImages(world: World, archive: AsyncIterable<Uint8Array>): Promise<string[]> {
  const files = await unpack(archive);
  const manifest = files.get("/manifest.json");
  if (!manifest) throw new EngineError("invalid", "load: no manifest.json in the archive");
  const entries = JSON.parse(Buffer.from(manifest).toString()) as { RepoTags: string[] | null; Layers: string[] }[];
  const ids: string[] = [];
  for (const { RepoTags, Layers } of entries) {
    const layers = await Promise.all(Layers.map((name) => unpack(once(files.get(`/${name}`) ?? new Uint8Array()))));
    const image = addImage(world, undefined, EMPTY_CONFIG, new Map(layers.flatMap((layer) => [...layer])), "");
    for (const tag of RepoTags ?? []) world.tags.set(tag, image.id);
    ids.push(image.id);
  }
  return ids;
}

export function saveImage(world: World, imageId: string): AsyncIterable<Uint8Array> {
  const image = findImage(world, imageId);
  if (!image) throw new EngineError("not_found", `no image ${imageId}`);
  const name = image.id.slice("sha256:".length);
  const manifest = [{ Config: `${name}.json`, RepoTags: null, Layers: [`${name}/layer.tar`] }];
  const entries = {
    [`${name}.json`]: Buffer.from(JSON.stringify(image.config)),
    [`${name}/layer.tar`]: packTar(image.files),
    "manifest.json": Buffer.from(JSON.stringify(manifest)),
  };
  return once(packTar(new Map(Object.entries(entries))));
}

export function tagImage(world: World, imageId: string, tag: string): void {
  const image = findImage(world, imageId);
  if (!image) throw new EngineError("not_found", `no image ${imageId}`);
  world.tags.set(tag, image.id);
}

export function removeTag(world: World, tag: string): void {
  const id = world.tags.get(tag);
  if (id === undefined) return;
  const others = [...world.tags].some(([other, held]) => held === id && other !== tag);
  const user = [...world.containers.values()].find(({ info }) => info.imageId === id);
  if (!others && user) throw new EngineError("conflict", `image ${tag} is used by container ${user.info.id}`);
  world.tags.delete(tag);
  if (!others) removeUnheld(world, id);
}

/** The image, and the untagged ones it stands on, up to one that something else needs. */
function removeUnheld(world: World, id: string): void {
  const held =
    [...world.tags.values()].includes(id) ||
    [...world.images.values()].some(({ parentId }) => parentId === id) ||
    [...world.containers.values()].some(({ info }) => info.imageId === id);
  if (held) return;
  const parentId = world.images.get(id)?.parentId;
  world.images.delete(id);
  if (parentId !== undefined) removeUnheld(world, parentId);
}

/** The instructions that only change the configuration; throws at others. */
export function applyInstruction(config: ImageConfig, instruction: string): ImageConfig {
  const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/s.exec(instruction) ?? [];
  const list = () => (rest.startsWith("[") ? (JSON.parse(rest) as string[]) : rest.split(/\s+/));
  const pairs = () => rest.split(/\s+/).map((pair) => pair.split("=").map((part) => part.replaceAll('"', "")));
  switch (name.toUpperCase()) {
    case "CMD":
      return { ...config, command: list() };
    case "ENTRYPOINT":
      return { ...config, entrypoint: list() };
    case "ENV":
      return { ...config, env: [...config.env, ...pairs().map((pair) => pair.join("="))] };
    case "LABEL":
      return { ...config, labels: { ...config.labels, ...(Object.fromEntries(pairs()) as Record<string, string>) } };
    case "VOLUME":
      return { ...config, volumes: [...config.volumes, ...list()] };
    case "EXPOSE":
      return { ...config, exposedPorts: [...config.exposedPorts, ...list()] };
    case "USER":
      return { ...config, user: rest };
    case "WORKDIR":
      return { ...config, workingDir: rest };
    case "STOPSIGNAL":
      return { ...config, stopSignal: rest };
    default:
      throw new EngineError("invalid", `dockerfile parse error: unknown instruction: ${name || instruction}`);
  }
}

async function unpack(source: AsyncIterable<Uint8Array>): Promise<Files> {
  const { files, failure } = await unpackTar(source).then(
    (found) => ({ files: found, failure: undefined }),
    (error: unknown) => ({ files: undefined, failure: error }),
  );
  if (files) return files;
  throw failure instanceof Error && /tar/.test(failure.message) ? new EngineError("invalid", failure.message) : failure;
}

function sizeOf(files: Files): number {
  return [...files.values()].reduce((sum, data) => sum + data.length, 0);
}
