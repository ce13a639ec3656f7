import { InputError } from "./error.ts";
import type { Blob } from "./inspect-blob.ts";
import { quoted } from "./quoted.ts";

/** One image of a `docker save` archive, as its manifest.json names it. */
export interface SavedImage {
  config: string;
  layers: string[];
  repoTags: string[];
}

const MAX_IMAGES = 100;
/** What overlay2 can stack. */
const MAX_LAYERS = 125;

export function parseManifest(text: string): SavedImage[] {
  const manifest = parse(text, "manifest.json");
  if (!Array.isArray(manifest) || manifest.length === 0 || manifest.length > MAX_IMAGES) {
    throw invalid(`manifest.json must list 1 to ${MAX_IMAGES} images`);
  }
  return manifest.map((image: unknown) => {
    const { Config: config, Layers: layers, RepoTags: repoTags } = isObject(image) ? image : {};
    const tags = repoTags ?? [];
    if (typeof config !== "string" || !isStrings(layers) || !isStrings(tags))
      throw invalid("manifest.json lacks Config or Layers");
    if (layers.length > MAX_LAYERS) throw invalid(`An image has ${layers.length} layers; ${MAX_LAYERS} can be stacked`);
    return { config, layers, repoTags: tags };
  });
}

/**
 * Holds an image's configuration against the layers that came with it. Without it an archive could claim the diff id of a layer it
 * does not hold, and the engine, having such a layer of another user, would take that one.
 */
export function checkImage(config: Blob | undefined, name: string, layers: readonly (Blob | undefined)[]): void {
  if (config?.json === undefined)
    throw invalid(`The archive lacks the configuration ${quoted(name)}, or it is no JSON object`);
  const parsed = parse(config.json, quoted(name));
  const rootfs = isObject(parsed) ? only(parsed, "rootfs") : undefined;
  const diffIds = isObject(rootfs) ? only(rootfs, "diff_ids") : undefined;
  if (!isStrings(diffIds) || diffIds.length !== layers.length)
    throw invalid(`${quoted(name)} and manifest.json disagree on the layers`);
  layers.forEach((layer, i) => {
    if (layer === undefined) throw invalid(`The archive lacks layer ${i + 1} of ${quoted(name)}`);
    if (layer.diffId !== diffIds[i]) throw invalid(`Layer ${i + 1} of ${quoted(name)} is not what its diff id says`);
  });
}

/** Go's JSON reader takes `RootFS` and `rootfſ` for `rootfs`; a second spelling would be another answer than ours. */
function only(object: Record<string, unknown>, key: string): unknown {
  const twin = Object.keys(object).find((other) => other !== key && other.toUpperCase().toLowerCase() === key);
  if (twin !== undefined) throw invalid(`A configuration spells ${key} as ${quoted(twin)}`);
  return object[key];
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError("archive_invalid", `${name} is not JSON. Make the archive with docker save.`, { cause });
  }
}

function invalid(why: string): InputError {
  return new InputError("archive_invalid", `${why}. Make the archive with docker save.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
