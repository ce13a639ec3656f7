import type { EngineId, PathInfo } from "../engine.ts";
import { EngineError } from "../error.ts";
import { type Files, once, packTar, unpackTar } from "../tar.ts";
import { fileView, findContainer, getContainer, type World } from "./world.ts";

export function getArchive(world: World, id: EngineId, path: string): AsyncIterable<Uint8Array> {
  const view = fileView(world, getContainer(world, id));
  const root = withoutLastSlash(path);
  const base = root.slice(root.lastIndexOf("/") + 1);
  const files: Files = new Map();
  for (const found of view.paths()) {
    const data = view.read(found);
    if (data && (found === root || found.startsWith(`${root}/`))) files.set(`${base}${found.slice(root.length)}`, data);
  }
  if (files.size === 0) throw new EngineError("not_found", `no ${path} in ${id}`);
  return once(packTar(files));
}

/** Files only, and the directories that they are in. */
export function statPath(world: World, id: EngineId, path: string): PathInfo | undefined {
  const container = findContainer(world, id);
  const view = container && fileView(world, container);
  const found = withoutLastSlash(path);
  const data = view?.read(found);
  const common = { modifiedAt: new Date(0).toISOString() };
  if (data) return { ...common, type: "file", sizeBytes: data.length, mode: 0o644 };
  return view && isDirectory(view, found) ? { ...common, type: "directory", sizeBytes: 0, mode: 0o755 } : undefined;
}

function isDirectory(view: { paths(): string[] }, path: string): boolean {
  return path === "" || view.paths().some((found) => found.startsWith(`${path}/`));
}

export async function putArchive(
  world: World,
  id: EngineId,
  path: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<void> {
  const view = fileView(world, getContainer(world, id));
  const root = withoutLastSlash(path);
  if (!isDirectory(view, root)) throw new EngineError("not_found", `no ${path} in ${id}`);
  for (const [name, data] of await unpackTar(tar)) {
    if (isDirectory(view, `${root}${name}`))
      throw new EngineError("invalid", `${path} of ${id}: cannot overwrite directory with non-directory`);
    if (!view.write(`${root}${name}`, data)) throw new EngineError("invalid", `${path} of ${id} is read-only`);
  }
}

function withoutLastSlash(path: string): string {
  return path.replace(/\/+$/, "");
}
