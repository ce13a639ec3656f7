import type { Stats } from "node:fs";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack, type Header, type Pack } from "tar-stream";
import type { IgnoreRules } from "./ignore.ts";

export interface PackOptions {
  rules?: IgnoreRules | undefined;
  /** Files that are not in the directory, by their path in the tar. */
  extra?: Record<string, string> | undefined;
  /** Keep them; else everything is root's. */
  owners?: boolean | undefined;
}

/** A tar of what is in a directory, as it is read: modes, times and symbolic links are kept. */
export function packDirectory(directory: string, options: PackOptions = {}): AsyncIterable<Uint8Array> {
  return packing(async (tar) => {
    for (const [name, text] of Object.entries(options.extra ?? {})) tar.entry({ name, mode: 0o644 }, text);
    await packInside(tar, directory, "", options);
  });
}

/** A tar of one file or directory, under another name. */
export function packPath(path: string, name: string, options: PackOptions = {}): AsyncIterable<Uint8Array> {
  return packing(async (tar) => {
    const stats = await lstat(path);
    if (await packEntry(tar, path, name, stats, options)) await packInside(tar, path, `${name}/`, options);
  });
}

function packing(fill: (tar: Pack) => Promise<void>): AsyncIterable<Uint8Array> {
  const tar = pack();
  fill(tar).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return tar as unknown as AsyncIterable<Uint8Array>; // its declaration lacks the iterator
}

async function packInside(tar: Pack, directory: string, prefix: string, options: PackOptions): Promise<void> {
  const { rules } = options;
  for (const entry of (await readdir(directory)).toSorted()) {
    const path = join(directory, entry);
    const name = `${prefix}${entry}`;
    const ignored = rules?.ignores(name) ?? false;
    if (ignored && !rules?.hasExceptions) continue;
    const stats = await lstat(path);
    if (ignored) {
      if (stats.isDirectory()) await packInside(tar, path, `${name}/`, options);
    } else if (await packEntry(tar, path, name, stats, options)) await packInside(tar, path, `${name}/`, options);
  }
}

/** Whether it is a directory, to be gone into. Sockets, pipes and devices are left out, as docker does. */
async function packEntry(
  tar: Pack,
  path: string,
  name: string,
  stats: Stats,
  { owners }: PackOptions,
): Promise<boolean> {
  const header: Partial<Header> & { name: string } = {
    name,
    mode: stats.mode & 0o7777,
    mtime: stats.mtime,
    uid: owners ? stats.uid : 0,
    gid: owners ? stats.gid : 0,
  };
  if (stats.isDirectory()) {
    tar.entry({ ...header, name: `${name}/`, type: "directory" });
    return true;
  }
  if (stats.isSymbolicLink()) tar.entry({ ...header, type: "symlink", linkname: await readlink(path) });
  else if (stats.isFile() && stats.size === 0) tar.entry(header, "");
  else if (stats.isFile()) {
    // One that grows is cut at the size its header says; one that shrinks breaks the tar, and the service refuses it.
    await pipeline(createReadStream(path, { end: stats.size - 1 }), tar.entry({ ...header, size: stats.size }));
  }
  return false;
}
