import { setImmediate as turn } from "node:timers/promises";
import type { PullRequest, PushRequest, RegistryFailure, RegistryLogin, TransferEvent } from "../engine.ts";
import { EngineError } from "../error.ts";
import { tagImage } from "./images.ts";
import { digest, findImage, type Image, type World } from "./world.ts";

/** A registry in memory: what it has, by `path:tag` and by digest, and who may ask. */
export interface Registry {
  login?: RegistryLogin | undefined;
  tags: Map<string, string>;
  manifests: Map<string, Image>;
}

export function newRegistry(login?: RegistryLogin): Registry {
  return { login, tags: new Map(), manifests: new Map() };
}

export function resolveImage(
  world: World,
  reference: string,
  login: RegistryLogin | undefined,
): { type: "resolved"; digest: string } | RegistryFailure {
  const { host, rest } = split(reference);
  const registry = enter(world, host, login);
  if ("reason" in registry) return registry;
  const found = rest.includes("@") ? rest.slice(rest.indexOf("@") + 1) : registry.tags.get(rest);
  if (found === undefined || !registry.manifests.has(found)) return failed("not_found", `${reference}: not found`);
  return { type: "resolved", digest: found };
}

export async function* pullImage(world: World, request: PullRequest): AsyncGenerator<TransferEvent, void, undefined> {
  await turn();
  const registry = enter(world, split(request.repository).host, request.login);
  if ("reason" in registry) return yield registry;
  const image = registry.manifests.get(request.digest);
  if (!image) return yield failed("not_found", `${request.digest}: not found`);
  const bytes = [...image.files.values()].reduce((sum, data) => sum + data.length, 0);
  if (bytes > request.maxBytes) return yield failed("too_large", `more than ${request.maxBytes} bytes`);
  for (const layer of image.diffIds) yield { type: "layer", id: layer.slice(7, 19), state: "Pull complete" };
  if (!world.images.has(image.id)) world.images.set(image.id, { ...image, parentId: undefined });
  tagImage(world, image.id, request.holdAs);
  yield { type: "pulled", imageId: image.id, digest: request.digest };
}

export async function* pushImage(
  world: World,
  { imageId, reference, login }: PushRequest,
): AsyncGenerator<TransferEvent, void, undefined> {
  await turn();
  const image = findImage(world, imageId);
  if (!image) throw new EngineError("not_found", `no image ${imageId}`);
  const { host, rest } = split(reference);
  const registry = enter(world, host, login);
  if ("reason" in registry) return yield registry;
  const manifest = `sha256:${digest("manifest", image.id)}`;
  for (const layer of image.diffIds) yield { type: "layer", id: layer.slice(7, 19), state: "Pushed" };
  registry.manifests.set(manifest, image);
  registry.tags.set(rest, manifest);
  yield { type: "pushed", digest: manifest };
}

function enter(world: World, host: string, login: RegistryLogin | undefined): Registry | RegistryFailure {
  const registry = world.registries.get(host);
  if (!registry) return failed("unreachable", `dial ${host}: connection refused`);
  const { login: wanted } = registry;
  const known = wanted === undefined || (login?.username === wanted.username && login.password === wanted.password);
  return known ? registry : failed("unauthorized", `${host}: authentication required`);
}

function failed(reason: RegistryFailure["reason"], message: string): RegistryFailure {
  return { type: "failed", reason, message };
}

function split(reference: string): { host: string; rest: string } {
  const slash = reference.indexOf("/");
  return { host: reference.slice(0, slash), rest: reference.slice(slash + 1) };
}
