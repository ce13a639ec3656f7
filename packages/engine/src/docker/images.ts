import type { HistoryEntry, ImageConfig, ImageInfo, Op } from "../engine.ts";
import { call, DEADLINES_MS } from "./call.ts";
import { checkedName, type Client, getJson } from "./client.ts";
import { absent } from "./containers.ts";
import { layerEntries } from "./history-layers.ts";
import { changeNames, holdName } from "./names.ts";

export async function inspectImage(client: Client, ref: string, op?: Op): Promise<ImageInfo | undefined> {
  const found = await inspectRawImage(client, ref, op);
  return found && toImageInfo(found);
}

export function inspectRawImage(client: Client, ref: string, op?: Op): Promise<RawImage | undefined> {
  return call(`inspect image ${ref}`, DEADLINES_MS.ask, op, (abortSignal) =>
    getJson<RawImage>(client, `/images/${checkedName(ref)}/json`, {}, abortSignal).catch(absent),
  );
}

/** Filtered here: the engine's `reference` filter has globs in which `*` stops at a slash. */
export async function listTags(client: Client, prefix: string, op?: Op): Promise<{ tag: string; imageId: string }[]> {
  const images = await call("list images", DEADLINES_MS.ask, op, (abortSignal) =>
    client.docker.listImages({ abortSignal }),
  );
  return images.flatMap(({ Id, RepoTags }) =>
    (RepoTags ?? [])
      .filter((tag) => tag.startsWith(prefix) && tag !== "<none>:<none>")
      .map((tag) => ({ tag, imageId: Id })),
  );
}

export async function tagImage(client: Client, imageId: string, tag: string, op?: Op): Promise<void> {
  const [repo, name] = splitTag(checkedName(tag));
  const image = client.docker.getImage(checkedName(imageId));
  await changeNames(client, () =>
    call(`tag ${tag}`, DEADLINES_MS.change, op, (abortSignal) => image.tag({ repo, tag: name, abortSignal })),
  );
}

/** Always with the tag written out: a bare word could also be the beginning of an image id. */
export async function removeTag(client: Client, tag: string, op?: Op): Promise<void> {
  const full = splitTag(checkedName(tag)).join(":");
  const release = await holdName(client, full);
  try {
    await dropTag(client, full, op);
  } finally {
    release();
  }
}

/** For who holds the name. */
export async function dropTag(client: Client, full: string, op?: Op): Promise<void> {
  const image = client.docker.getImage(full);
  await changeNames(client, () =>
    call(`remove tag ${full}`, DEADLINES_MS.remove, op, (abortSignal) => image.remove({ abortSignal }).catch(absent)),
  );
}

export async function imageHistory(client: Client, imageId: string, op?: Op): Promise<HistoryEntry[]> {
  const [entries, image] = await Promise.all([rawHistory(client, imageId, op), inspectRawImage(client, imageId, op)]);
  const made = layerEntries(
    entries.map(({ CreatedBy, Size }) => ({ createdBy: CreatedBy, sizeBytes: Size })),
    image?.RootFS?.Layers?.length ?? 0,
  );
  return entries.map((entry, at) => ({
    imageId: entry.Id === "<missing>" ? undefined : entry.Id,
    createdAt: new Date(entry.Created * 1000).toISOString(),
    createdBy: entry.CreatedBy,
    sizeBytes: entry.Size,
    comment: entry.Comment,
    layer: made?.[at] ?? false,
  }));
}

/** Newest first. */
export function rawHistory(client: Client, imageId: string, op?: Op): Promise<RawHistory[]> {
  return call(`history ${imageId}`, DEADLINES_MS.ask, op, (abortSignal) =>
    getJson<RawHistory[]>(client, `/images/${checkedName(imageId)}/history`, {}, abortSignal),
  );
}

interface RawHistory {
  Id: string;
  Created: number;
  CreatedBy: string;
  Size: number;
  Comment: string;
}

export function splitTag(tag: string): [repository: string, tag: string] {
  const colon = tag.lastIndexOf(":");
  return colon > tag.lastIndexOf("/") ? [tag.slice(0, colon), tag.slice(colon + 1)] : [tag, "latest"];
}

function toImageInfo(found: RawImage): ImageInfo {
  return {
    id: found.Id,
    tags: found.RepoTags ?? [],
    sizeBytes: found.Size,
    architecture: found.Architecture,
    os: found.Os,
    createdAt: found.Created,
    config: toImageConfig(found.Config),
    diffIds: found.RootFS?.Layers ?? [],
  };
}

export interface RawImage {
  Id: string;
  RepoTags: string[] | null;
  Size: number;
  Architecture: string;
  Os: string;
  Created: string;
  Config: RawConfig | null;
  RootFS?: { Layers?: string[] | null };
}

/** dockerode's types promise more than the engine sends: an imported image has `null` for most of these. */
export interface RawConfig {
  Entrypoint?: string | string[] | null;
  Cmd?: string[] | null;
  Env?: string[] | null;
  WorkingDir?: string;
  User?: string;
  ExposedPorts?: Record<string, object> | null;
  Volumes?: Record<string, object> | null;
  Labels?: Record<string, string> | null;
  OnBuild?: string[] | null;
  StopSignal?: string;
  Shell?: string[] | null;
  ArgsEscaped?: boolean;
  Healthcheck?: {
    Test?: string[] | null;
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    Retries?: number;
  } | null;
}

function toImageConfig(config: RawConfig | null): ImageConfig {
  const entrypoint = config?.Entrypoint ?? [];
  return {
    entrypoint: typeof entrypoint === "string" ? [entrypoint] : entrypoint,
    command: config?.Cmd ?? [],
    env: config?.Env ?? [],
    workingDir: config?.WorkingDir ?? "",
    user: config?.User ?? "",
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
    volumes: Object.keys(config?.Volumes ?? {}),
    labels: config?.Labels ?? {},
    onBuild: config?.OnBuild ?? [],
    ...(config?.StopSignal && { stopSignal: config.StopSignal }),
    ...(config?.Healthcheck && { healthcheck: toHealthcheck(config.Healthcheck) }),
  };
}

function toHealthcheck(check: NonNullable<RawConfig["Healthcheck"]>): NonNullable<ImageConfig["healthcheck"]> {
  const NANOSECONDS_PER_MS = 1e6;
  return {
    test: check.Test ?? [],
    ...(check.Interval && { intervalMs: check.Interval / NANOSECONDS_PER_MS }),
    ...(check.Timeout && { timeoutMs: check.Timeout / NANOSECONDS_PER_MS }),
    ...(check.StartPeriod && { startPeriodMs: check.StartPeriod / NANOSECONDS_PER_MS }),
    ...(check.Retries && { retries: check.Retries }),
  };
}
