import { createReadStream, type Stats } from "node:fs";
import { lstat, realpath, stat } from "node:fs/promises";
import { basename, posix, resolve } from "node:path";
import type { FilesWritten } from "@hafen/sdk";
import { packDirectory, packPath } from "../archive/pack-directory.ts";
import type { Ctx } from "../ctx.ts";
import { Failure } from "../failures.ts";
import { withProgress } from "../upload-progress.ts";
import { kindOf } from "./first-entry.ts";
import type { CopyOptions, Remote, RemotePath } from "./remote.ts";

/** Smaller copies are over before there is anything to say. */
export const SAID_FROM_BYTES = 10_000_000;

/** A file or directory of this machine, or a tar on standard input for `-`, into a container or volume; where to, as docker decides. */
export async function copyIn(
  ctx: Ctx,
  from: string,
  remote: Remote,
  to: RemotePath,
  options: CopyOptions,
): Promise<FilesWritten> {
  const said = (tar: AsyncIterable<Uint8Array>) =>
    options.quiet ? tar : withProgress(ctx, `Copying to ${remote.name}`, tar, SAID_FROM_BYTES);
  if (from === "-") {
    if (ctx.stdin.isTTY) throw new Failure("'-' reads a tar from standard input, and that is a terminal");
    return remote.putFiles(to.path, said(ctx.stdin));
  }
  const { local, stats } = await sourceOf(ctx, from, options);
  const pack = { owners: options.archive };
  const kind = to.path === "/" ? "directory" : await kindOf(remote, to.path);
  if (kind === "other") throw new Failure(`${to.path} of ${remote.name} is neither a file nor a directory`);
  if (stats.isDirectory()) {
    if (kind === "directory") {
      const tar = /(^|\/)\.$/.test(from) ? packDirectory(local, pack) : packPath(local, nameOf(ctx, from), pack);
      return remote.putFiles(to.path, said(tar));
    }
    if (kind !== undefined) throw new Failure(`cannot copy a directory onto the file ${to.path}`);
  } else {
    if (kind === "directory") return remote.putFiles(to.path, said(packPath(local, nameOf(ctx, from), pack)));
    if (/\/\.?$/.test(to.written)) throw new Failure(`${remote.name} has no directory ${to.path}`);
    if (kind?.startsWith("link") && stats.isFile()) {
      const content = stats.size === 0 ? new Uint8Array(0) : said(createReadStream(local, { end: stats.size - 1 }));
      return remote.putFile(to.path, content, { sizeBytes: stats.size, mode: stats.mode & 0o777 });
    }
  }
  return remote.putFiles(posix.dirname(to.path), said(packPath(local, posix.basename(to.path), pack)));
}

async function sourceOf(ctx: Ctx, from: string, { followLink }: CopyOptions): Promise<{ local: string; stats: Stats }> {
  const path = resolve(ctx.cwd, from);
  // What ends with a slash or a dot is a directory, and a link to one then is what it leads to.
  const asDirectory = /\/\.?$/.test(from);
  const local = followLink || asDirectory ? await realpath(path) : path;
  const stats = await (followLink || asDirectory ? stat : lstat)(local);
  if (asDirectory && !stats.isDirectory()) throw new Failure(`${from} is not a directory`);
  return { local, stats };
}

function nameOf(ctx: Ctx, from: string): string {
  return basename(resolve(ctx.cwd, from));
}
