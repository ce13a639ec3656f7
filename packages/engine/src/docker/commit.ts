import { createHash } from "node:crypto";
import type { CommitOptions, EngineId } from "../engine.ts";
import { EngineError } from "../error.ts";
import { once, packTar } from "../tar.ts";
import { DEADLINES_MS } from "./call.ts";
import { checkedName, type Client } from "./client.ts";
import { requireContainer } from "./containers.ts";
import { isOwnHealthcheck } from "./host-config.ts";
import { loadImages } from "./image-load.ts";
import { dropTag, imageHistory, inspectRawImage, splitTag, type RawConfig } from "./images.ts";
import { openStream, pieces } from "./stream.ts";

/** What an image may say; the engine also writes a container's host name, terminal and base into it. */
const KEPT = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "ArgsEscaped",
  "Healthcheck",
  "Volumes",
  "WorkingDir",
  "OnBuild",
  "Shell",
  "StopSignal",
  "Labels",
] as const satisfies readonly (keyof RawConfig)[];

/**
 * The engine's commit keeps every label of the container, and nothing takes one away again. So its image is only the first of two: the
 * second has the same layers, which the engine has by then and does not ask for, under a configuration of our own writing.
 */
export async function commitContainer(client: Client, id: EngineId, options: CommitOptions): Promise<string> {
  const container = await requireContainer(client, id, options);
  const rawTag = `${options.tag}.raw`;
  await commitRaw(client, id, rawTag, options);
  const raw = await inspectRawImage(client, rawTag, options);
  if (!raw) throw new EngineError("unavailable", `commit ${id}: the engine lost the image`);
  const healthcheck =
    changesHealthcheck(options) || !isOwnHealthcheck(raw.Config?.Healthcheck)
      ? raw.Config?.Healthcheck
      : (await inspectRawImage(client, container.Image, options))?.Config?.Healthcheck;
  const config = JSON.stringify({
    architecture: raw.Architecture,
    os: raw.Os,
    created: raw.Created,
    ...(options.author !== "" && { author: options.author }),
    config: imageConfig(
      { ...raw.Config, ...(options.stopSignal && { StopSignal: options.stopSignal }) },
      healthcheck,
      options,
    ),
    history: await historyOf(client, raw.Id, options),
    rootfs: { type: "layers", diff_ids: raw.RootFS?.Layers ?? [] },
  });
  await loadConfig(client, config, raw.RootFS?.Layers?.length ?? 0, options);
  await dropTag(client, rawTag, options);
  return `sha256:${createHash("sha256").update(config).digest("hex")}`;
}

async function commitRaw(client: Client, id: EngineId, tag: string, options: CommitOptions): Promise<void> {
  const [repo, name] = splitTag(checkedName(tag));
  const { pause, message, author, changes } = options;
  const query = {
    container: checkedName(id),
    repo,
    tag: name,
    comment: message,
    author,
    pause: pause ? "1" : "0",
    changes,
  };
  const what = `commit ${id}`;
  const answer = await openStream(
    client,
    what,
    { method: "POST", path: "/commit", query, openMs: DEADLINES_MS.commit },
    options,
  );
  for await (const _ of pieces(what, answer, options));
}

function imageConfig(
  config: RawConfig,
  healthcheck: RawConfig["Healthcheck"],
  { withoutLabels }: CommitOptions,
): Partial<RawConfig> {
  const labels = Object.entries(config.Labels ?? {}).filter(([key]) => !withoutLabels.includes(key));
  const all: RawConfig = { ...config, Labels: Object.fromEntries(labels), Healthcheck: healthcheck ?? null };
  return Object.fromEntries(
    KEPT.flatMap((key) => (all[key] === null || all[key] === undefined ? [] : [[key, all[key]]])),
  );
}

function changesHealthcheck({ changes }: CommitOptions): boolean {
  return changes.some((change) => /^HEALTHCHECK\s/i.test(change));
}

/** Oldest first, as a configuration tells it. */
async function historyOf(client: Client, imageId: string, options: CommitOptions): Promise<object[]> {
  const entries = await imageHistory(client, imageId, options);
  return entries.toReversed().map(({ createdAt, createdBy, comment, layer }, at) => ({
    created: createdAt,
    created_by: createdBy,
    ...(comment !== "" && { comment }),
    ...(at === entries.length - 1 && options.author !== "" && { author: options.author }),
    ...(!layer && { empty_layer: true }),
  }));
}

/** An archive of a configuration alone: the engine takes each layer that it has by its digest and the digests below it. */
async function loadConfig(client: Client, config: string, layerCount: number, options: CommitOptions): Promise<void> {
  const name = createHash("sha256").update(config).digest("hex");
  const layers = Array.from({ length: layerCount }, (_, at) => `${at}/layer.tar`);
  const manifest = JSON.stringify([{ Config: `${name}.json`, RepoTags: [options.tag], Layers: layers }]);
  const archive = packTar({ [`${name}.json`]: config, "manifest.json": manifest });
  const [loaded] = await loadImages(client, once(archive), options);
  if (loaded !== `sha256:${name}`)
    throw new EngineError("unavailable", "commit: the engine did not take the configuration");
}
