import { createWriteStream } from "node:fs";
import { chmod, copyFile, lchown, lstat, mkdir, rm, symlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { Failure } from "../failures.ts";

const PERMISSIONS = 0o777;

export interface UnpackOptions {
  /** Give everything the owners that the tar says. */
  owners?: boolean | undefined;
}

/**
 * Unpacks a container's tar under `directory`. The container is not trusted: nothing is written outside, nor through a symbolic link,
 * links are made last, devices and set-uid bits are left out. `rename` gives the first path component another name.
 */
export async function unpack(
  tar: AsyncIterable<Uint8Array>,
  directory: string,
  rename: (first: string) => string,
  { owners = false }: UnpackOptions = {},
): Promise<void> {
  const own = async (path: string, { uid, gid }: Header) => (owners ? lchown(path, uid, gid) : undefined);
  const links: { path: string; target: string; header: Header }[] = [];
  const directories: { path: string; mode: number }[] = [];
  const place = (name: string) => join(directory, ...partsOf(name, rename));
  const entries = extract();
  const feeding = pipeline(Readable.from(tar), entries);
  feeding.catch(() => {}); // awaited below; the loop sees the same error first
  for await (const entry of entries) {
    const { name, type, linkname, mode, mtime } = entry.header;
    const path = place(name);
    if (path !== join(directory, ".")) await makeParents(directory, partsOf(name, rename).slice(0, -1));
    if (type === "directory") {
      await makeDirectory(path);
      // The directory itself is the caller's, and stays as it is.
      if (path !== join(directory)) {
        await own(path, entry.header);
        directories.push({ path, mode: mode & PERMISSIONS });
      }
    } else if (type === "symlink") links.push({ path, target: linkname ?? "", header: entry.header });
    else if (type === "link") {
      await makeParents(directory, partsOf(linkname ?? "", rename).slice(0, -1));
      await replace(path);
      await copyFile(regular(await lstat(place(linkname ?? "")), place(linkname ?? "")), path);
    } else if (isFile(type)) {
      await replace(path);
      await pipeline(entry, createWriteStream(path, { flags: "wx", mode: mode & PERMISSIONS }));
      await own(path, entry.header);
      await chmod(path, mode & PERMISSIONS);
      if (mtime) await utimes(path, mtime, mtime);
    }
    entry.resume();
  }
  await feeding;
  for (const { path, target, header } of links) {
    await replace(path);
    await symlink(target, path);
    await own(path, header);
  }
  for (const { path, mode } of directories.toReversed()) await chmod(path, mode);
}

function isFile(type: Header["type"]): boolean {
  return type === "file" || type === "contiguous-file" || type === undefined || type === null;
}

function partsOf(name: string, rename: (first: string) => string): string[] {
  const [first, ...rest] = name.split("/").filter((part) => part !== "" && part !== ".");
  const parts = first === undefined ? [] : [rename(first), ...rest].filter((part) => part !== "");
  if (parts.includes("..") || name.startsWith("/") || name.includes("\0"))
    throw new Failure(`the container's tar has the entry ${name}`);
  return parts;
}

async function makeParents(directory: string, parts: string[]): Promise<void> {
  let path = directory;
  for (const part of parts) await makeDirectory((path = join(path, part)));
}

/** A link in the way would lead elsewhere. */
async function makeDirectory(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) return;
  if (there) throw new Failure(`${path} is in the way: not a directory`);
  await mkdir(path, { mode: 0o755 });
}

function regular(stats: Awaited<ReturnType<typeof lstat>>, path: string): string {
  if (!stats.isFile()) throw new Failure(`the container's tar links to ${path}, which is no file`);
  return path;
}

async function replace(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new Failure(`${path} is in the way: a directory`);
  if (there) await rm(path);
  else if (!(await lstat(dirname(path))).isDirectory()) throw new Failure(`${dirname(path)} is not a directory`);
}
