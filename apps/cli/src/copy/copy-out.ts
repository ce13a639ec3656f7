import { mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, posix, resolve } from "node:path";
import { unpack, type UnpackOptions } from "../archive/unpack.ts";
import type { Ctx } from "../ctx.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { Failure } from "../failures.ts";
import { lines, stream, type Piece, type Result } from "../result.ts";
import { withProgress } from "../upload-progress.ts";
import { SAID_FROM_BYTES } from "./copy-in.ts";
import { peek } from "./first-entry.ts";
import type { CopyOptions, Remote, RemotePath } from "./remote.ts";

const MAX_LINKS = 8;

/** From a container or volume to this machine, or as a tar to standard output for `-`; where to, as docker decides. */
export async function copyOut(
  ctx: Ctx,
  remote: Remote,
  from: RemotePath,
  to: string,
  options: CopyOptions,
): Promise<Result> {
  const { type, tar, close } = await sourceOf(remote, from, options);
  if (to === "-") {
    return stream(
      (async function* (): AsyncGenerator<Piece, number> {
        for await (const data of tar) yield { to: "stdout", data };
        return EXIT_CODES.ok;
      })(),
    );
  }
  const local = resolve(ctx.cwd, to);
  const said = options.quiet ? tar : withProgress(ctx, `Copying from ${remote.name}`, tar, SAID_FROM_BYTES);
  try {
    await place(said, { local, to, type, from }, { owners: options.archive });
  } finally {
    await close();
  }
  return lines([], { from: from.written, to: local });
}

interface Copy {
  local: string;
  to: string;
  type: string | undefined;
  from: RemotePath;
}

async function place(tar: AsyncIterable<Uint8Array>, { local, to, type, from }: Copy, options: UnpackOptions) {
  const there = await stat(local).catch(() => undefined);
  const isDirectory = type === "directory";
  // The root has no name of its own that its entries would begin with.
  const isRoot = from.path === "/";
  if (there?.isDirectory()) {
    const contents = isDirectory && from.written.endsWith("/.");
    const name = posix.basename(from.path);
    return unpack(tar, local, (first) => (isRoot ? first : contents ? "" : name), options);
  }
  if (isDirectory && there) throw new Failure(`cannot copy a directory onto the file ${to}`);
  if (!isDirectory && to.endsWith("/")) throw new Failure(`there is no directory ${to}`);
  if (isRoot) {
    await mkdir(local);
    return unpack(tar, local, (first) => first, options);
  }
  const target = there ? await realpath(local) : local;
  return unpack(tar, dirname(target), () => basename(target), options);
}

/** With `-L` what a link leads to, which keeps the link's name. */
async function sourceOf(remote: Remote, { path }: RemotePath, { followLink }: CopyOptions) {
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const { first, whole, close } = await peek(remote.getFiles(at));
    // The tar of an empty volume that no host has yet has no entry.
    if (!followLink || first?.type !== "symlink") return { type: first ? first.type : "directory", tar: whole, close };
    await close();
    at = posix.resolve(posix.dirname(at), first.linkname ?? "");
  }
  throw new Failure(`${path} of ${remote.name} leads from link to link`);
}
