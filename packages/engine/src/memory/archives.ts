import type { EngineId } from "../engine.ts";
import { EngineError } from "../error.ts";
import { type Files, packTar, unpackTar } from "../tar.ts";
import { fileView, getContainer, type World } from "./world.ts";

export function getArchive(world: World, id: EngineId, path: string): AsyncIterable<Uint8Array> {
  const view = fileView(world, getContainer(world, id));
  const root = withoutSlash(path);
  const base = root.slice(root.lastIndexOf("/") + 1);
  const files: Files = new Map();
  for (const found of view.paths()) {
    const data = view.read(found);
    if (data && (found === root || found.startsWith(`${root}/`))) files.set(`${base}${found.slice(root.length)}`, data);
  }
  if (files.size === 0) throw new EngineError("not_found", `no ${path} in ${id}`);
  return once(packTar(files));
}

export async function putArchive(
  world: World,
  id: EngineId,
  path: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<void> {
  const view = fileView(world, getContainer(world, id));
  const root = withoutSlash(path);
  if (root !== "" && !view.paths().some((found) => found.startsWith(`${root}/`)))
    throw new EngineError("not_found", `no ${path} in ${id}`);
  for (const [name, data] of await unpackTar(tar)) {
    if (!view.write(`${root}${name}`, data)) throw new EngineError("invalid", `${path} of ${id} is read-only`);
  }
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield data;
}
