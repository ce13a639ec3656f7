import { ProblemError, type FilesWritten } from "@hafen/contract";
import { repackFiles } from "../archive/repack-files.ts";
import { encodeHeader, END_OF_TAR, padding } from "../archive/write-tar.ts";
import type { HostCtx } from "../ctx.ts";
import { cleanPath } from "./clean-path.ts";
import { explained } from "./explained.ts";
import { onDisk, refuseInMemory } from "./on-disk.ts";
import type { Place } from "./place.ts";
import { linkTarget } from "./read.ts";

const MAX_ENTRIES = 200_000;
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

/** Unpacks a tar into the directory of the place, written anew by us on its way to the engine. */
export async function writeFiles(ctx: HostCtx, place: Place, tar: AsyncIterable<Uint8Array>): Promise<FilesWritten> {
  const { engineId, path, signal } = place;
  return explained(ctx, place, async () => {
    const limits = { maxBytes: ctx.filesBytes, maxEntries: MAX_ENTRIES, maxPathBytes: MAX_PATH_BYTES };
    const real = await onDisk(ctx, place, "followed");
    // What holds nothing, as the places of mounts in an exported tar, does no harm there.
    const refuse = (entry: string) => refuseInMemory(place, `${real}/${entry}`);
    const packed = repackFiles(tar, { ...limits, destination: path, refuse });
    await ctx.engine.putArchive(engineId, path, packed.tar, { signal });
    const { entries, contentBytes } = await packed.summary;
    return { entries, contentBytes };
  });
}

export interface NewFile {
  sizeBytes: number;
  mode: number;
}

/**
 * Writes one file, through a link at the end of its path as a shell would. Not atomic: the engine removes what has its name and then
 * writes, so a reader may see it absent or in part, and one whose upload breaks stays in part.
 */
export async function writeFile(
  ctx: HostCtx,
  place: Place,
  { sizeBytes, mode }: NewFile,
  body: AsyncIterable<Uint8Array>,
): Promise<FilesWritten> {
  if (sizeBytes > ctx.filesBytes)
    throw new ProblemError("file_too_large", `The file has ${sizeBytes} bytes; at most ${ctx.filesBytes} are taken.`);
  return explained(ctx, place, async () => {
    const { directory, name } = await target(ctx, place);
    const header = { type: "file" as const, name, sizeBytes, mode: mode & 0o1777, uid: 0, gid: 0 };
    async function* tar(): AsyncGenerator<Uint8Array> {
      yield encodeHeader({ ...header, mtimeSeconds: Math.floor(Date.now() / 1000) });
      yield* exactly(body, sizeBytes);
      yield padding(sizeBytes);
      yield END_OF_TAR;
    }
    await ctx.engine.putArchive(place.engineId, directory, tar(), { signal: place.signal });
    return { entries: 1, contentBytes: sizeBytes };
  });
}

async function target(ctx: HostCtx, place: Place): Promise<{ directory: string; name: string }> {
  const { shown, signal } = place;
  const isDirectory = () =>
    new ProblemError("path_is_directory", `${shown} is a directory. Give the path of the file in it.`);
  if (shown.endsWith("/")) throw isDirectory();
  if (Buffer.byteLength(shown.slice(shown.lastIndexOf("/") + 1)) > MAX_NAME_BYTES)
    throw new ProblemError("invalid_request", `A file's name has at most ${MAX_NAME_BYTES} bytes.`);
  const real = await onDisk(ctx, place, "link");
  const there = await ctx.engine.statPath(place.engineId, real, { signal });
  if (there?.type === "directory") throw isDirectory();
  const path = cleanPath(there?.type === "symlink" ? linkTarget(there, place) : real);
  refuseInMemory(place, path);
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name === "") throw isDirectory();
  return { directory: path.slice(0, slash) || "/", name };
}

async function* exactly(body: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const wrong = (found: string) =>
    new ProblemError(
      "body_size_wrong",
      `The body has ${found} than the ${sizeBytes} bytes that were said. Send it again.`,
    );
  let gotBytes = 0;
  for await (const piece of body) {
    gotBytes += piece.length;
    if (gotBytes > sizeBytes) throw wrong("more");
    yield piece;
  }
  if (gotBytes < sizeBytes) throw wrong("less");
}
