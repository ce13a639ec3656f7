import { posix } from "node:path";
import { emitEntry, newBudget } from "./emit-entry.ts";
import { entryPath, leadsOutside, type PathRules } from "./entry-path.ts";
import { InputError } from "./error.ts";
import { inspectBlob, MAX_JSON_BYTES, type Blob, type LayerBudget } from "./inspect-blob.ts";
import { openCompressed } from "./open-compressed.ts";
import { packing, type Packing, type TarFacts } from "./packing.ts";
import { quoted } from "./quoted.ts";
import { readTar, type TarEntry } from "./read-tar.ts";
import type { ImageLimits } from "./repack-rootfs.ts";
import { checkImage, parseManifest, type SavedImage } from "./save-manifest.ts";
import { claim, newTree } from "./tree.ts";
import { IMAGE } from "./upload.ts";
import { END_OF_TAR, type WriteEntry } from "./write-tar.ts";

export interface DockerArchiveFacts {
  entries: number;
  images: number;
  /** The tags the archive asked for, by image. The engine never sees them. */
  repoTags: string[][];
  /** `sha256:…` of each configuration, which is what the engine will call the image. */
  imageIds: string[];
}
export type DockerArchiveSummary = DockerArchiveFacts & TarFacts;

/** Configurations and layers, as docker, podman and crane name them. */
const KEPT =
  /^(?:(?:sha256:)?[0-9a-f]{64}|[0-9a-f]{64}(?:\.json|\.tar|\.tar\.gz|\/layer\.tar)|blobs\/sha256\/[0-9a-f]{64})$/;
/** Not needed beside manifest.json; `repositories` and `index.json` could move tags, and `oci-layout` announces `index.json`. */
const LEFT_OUT = /^(?:repositories|index\.json|oci-layout|[0-9a-f]{64}\/(?:json|VERSION))$/;
/** Bounds what is held in memory: the text of each JSON file until manifest.json says which are configurations. */
const MAX_JSON_TOTAL_BYTES = 32 * 1024 * 1024;

/** Writes a `docker save` archive anew: only what its images need, each layer measured and held against its diff id, no tags. */
export function repackDockerArchive(
  body: AsyncIterable<Uint8Array>,
  limits: ImageLimits,
): Packing<DockerArchiveSummary> {
  return packing(
    dockerArchiveTar(readTar(openCompressed(body, { maxBytes: limits.maxBytes, upload: IMAGE }), IMAGE), limits),
  );
}

/** `tags` are the names that the written archive has for each of its images; without them it has none. */
export async function* dockerArchiveTar(
  entries: AsyncIterable<TarEntry>,
  limits: ImageLimits,
  tags: readonly string[] = [],
): AsyncGenerator<Uint8Array, DockerArchiveFacts> {
  const rules: PathRules = { maxPathBytes: limits.maxPathBytes, upload: IMAGE, absolute: "refuse" };
  const tree = newTree(limits.maxEntries, IMAGE);
  const budget = newBudget(limits.maxBytes, IMAGE);
  const layerBudget: LayerBudget = { maxBytes: limits.maxBytes, unpackedBytes: 0 };
  const blobs = new Map<string, Blob>();
  const links = new Map<string, string>();
  let manifest: string | undefined;
  let jsonBytes = 0;
  for await (const entry of entries) {
    const path = entryPath(entry.name, rules);
    if (entry.type === "directory") {
      if (path !== "") claim(tree, path, "directory");
      continue;
    }
    if (entry.type === "symlink" && KEPT.test(path)) {
      claim(tree, path, "symlink");
      links.set(path, resolve(path, entry.linkName));
      continue;
    }
    if (entry.type !== "file" || !(KEPT.test(path) || LEFT_OUT.test(path) || path === "manifest.json")) {
      throw new InputError(
        "archive_invalid",
        `Entry ${quoted(entry.name)} (${entry.type}) does not belong in an image archive. Make it with docker save.`,
      );
    }
    claim(tree, path, "file");
    if (path === "manifest.json") manifest = await readText(entry);
    if (!KEPT.test(path)) continue;
    const keep = (blob: Blob): void => {
      blobs.set(path, blob);
      jsonBytes += blob.json?.length ?? 0;
    };
    yield* emitEntry(
      plainFile(path, entry.sizeBytes),
      inspectBlob(entry.body, quoted(path), layerBudget, keep),
      budget,
    );
    if (jsonBytes > MAX_JSON_TOTAL_BYTES)
      throw new InputError("archive_invalid", "The image archive has more than 32 MiB of JSON files.");
  }
  if (manifest === undefined)
    throw new InputError("archive_invalid", "The image archive has no manifest.json. Make it with docker save.");
  const images = parseManifest(manifest).map((image) => ({
    ...image,
    layers: image.layers.map((layer) => links.get(layer) ?? layer),
  }));
  for (const image of images)
    checkImage(
      blobs.get(image.config),
      image.config,
      image.layers.map((layer) => blobs.get(layer)),
    );
  yield* emitManifest(images, tags);
  yield END_OF_TAR;
  return {
    entries: blobs.size + 1,
    images: images.length,
    repoTags: images.map((image) => image.repoTags),
    imageIds: images.map((image) => blobs.get(image.config)?.digest ?? ""),
  };
}

async function* emitManifest(images: readonly SavedImage[], tags: readonly string[]): AsyncGenerator<Uint8Array> {
  const RepoTags = tags.length > 0 ? tags : null;
  const text = JSON.stringify(images.map(({ config, layers }) => ({ Config: config, RepoTags, Layers: layers })));
  const bytes = Buffer.from(text);
  const budget = newBudget(bytes.length, IMAGE);
  yield* emitEntry(
    plainFile("manifest.json", bytes.length),
    (async function* () {
      yield bytes;
    })(),
    budget,
  );
}

function plainFile(name: string, sizeBytes: number): WriteEntry {
  return { type: "file", name, sizeBytes, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0 };
}

/** Older versions of docker store a layer that two images share once, with links to it; the manifest we write names it directly. */
function resolve(path: string, target: string): string {
  const resolved = posix.join(posix.dirname(path), target);
  if (!leadsOutside(path, target) && KEPT.test(resolved)) return resolved;
  throw new InputError(
    "archive_invalid",
    `Entry ${quoted(path)} is a link to ${quoted(target)}, which is no layer of this archive.`,
  );
}

async function readText(entry: TarEntry): Promise<string> {
  if (entry.sizeBytes > MAX_JSON_BYTES)
    throw new InputError("archive_invalid", `manifest.json has more than ${MAX_JSON_BYTES} bytes.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
