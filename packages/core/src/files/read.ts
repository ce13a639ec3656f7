import { ProblemError } from "@hafen/contract";
import type { PathInfo } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import { readTar } from "../archive/read-tar.ts";
import { FILES } from "../archive/upload.ts";
import type { HostCtx } from "../ctx.ts";
import { cleanPath } from "./clean-path.ts";
import { explained } from "./explained.ts";
import { onDisk, refuseInMemory } from "./on-disk.ts";
import type { Place } from "./place.ts";

/** A link that is swapped while it is followed may lead to another one. */
const MAX_LINKS = 8;

export interface FileContent {
  sizeBytes: number;
  mode: number;
  modifiedAt: Date;
  data: AsyncIterable<Uint8Array>;
}

/** A tar of what is at the place, bounded: past the limit it breaks, so that nobody takes a part for the whole. */
export async function readFiles(ctx: HostCtx, place: Place): Promise<AsyncIterable<Uint8Array>> {
  const { signal } = place;
  // Else the engine names the entries of the root with a slash before them.
  const path = cleanPath(place.path) === "/" ? "/." : place.path;
  const tar = await explained(ctx, place, async () => {
    await onDisk(ctx, place, "link");
    return ctx.engine.getArchive(place.engineId, path, { signal });
  });
  return bounded(tar, ctx.filesBytes);
}

/** The content of the regular file at the place, links followed inside the container. */
export async function readFile(ctx: HostCtx, place: Place): Promise<FileContent> {
  const path = await explained(ctx, place, () => filePath(ctx, place));
  const { signal } = place;
  const tar = await explained(ctx, place, () => ctx.engine.getArchive(place.engineId, path, { signal }));
  const entries = readTar(tar, FILES);
  const next = await entries.next();
  if (next.done || next.value.type !== "file" || next.value.sizeBytes > ctx.filesBytes) {
    await entries.return(undefined);
    throw new ProblemError("path_not_file", `${place.shown} changes while it is read. Ask again.`);
  }
  const { sizeBytes, mode, mtimeSeconds, body } = next.value;
  return { sizeBytes, mode: mode & 0o7777, modifiedAt: new Date(mtimeSeconds * 1000), data: closing(body, entries) };
}

/** The engine's path of the file; refused by what the engine says is there, before anything of it is opened. */
async function filePath(ctx: HostCtx, place: Place): Promise<string> {
  const { shown } = place;
  let path = await onDisk(ctx, place, "link");
  for (let links = 0; links < MAX_LINKS; links++) {
    const info = await ctx.engine.statPath(place.engineId, path, { signal: place.signal });
    if (!info) throw new EngineError("not_found", `no ${path}`);
    if (info.type !== "symlink") {
      refuseUnlessFile(info, shown, ctx.filesBytes);
      return path;
    }
    path = linkTarget(info, place);
    refuseInMemory(place, path);
  }
  throw new ProblemError("path_not_found", `${shown} leads from link to link.`);
}

export function linkTarget({ linkTarget: target = "/" }: PathInfo, place: Place): string {
  const reached = place.reach(target);
  if (reached !== undefined) return target;
  throw new ProblemError("path_not_found", `${place.shown} is a link to ${target}, which is not in ${place.owner}.`);
}

function refuseUnlessFile(info: PathInfo, shown: string, maxBytes: number): void {
  if (info.type === "directory")
    throw new ProblemError(
      "path_is_directory",
      `${shown} is a directory. Ask for a tar of it: Accept: application/x-tar.`,
    );
  if (info.type === "other") throw new ProblemError("path_not_file", `${shown} is a pipe, a socket or a device.`);
  if (info.sizeBytes > maxBytes)
    throw new ProblemError("file_too_large", `${shown} has ${info.sizeBytes} bytes; at most ${maxBytes} are given.`);
}

async function* bounded(tar: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sentBytes = 0;
  for await (const piece of tar) {
    sentBytes += piece.length;
    if (sentBytes > maxBytes) throw new ProblemError("tar_too_large", `The tar has more than ${maxBytes} bytes.`);
    yield piece;
  }
}

/** What follows the file in its tar is left unread. */
async function* closing(body: AsyncIterable<Uint8Array>, entries: AsyncGenerator): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    await entries.return(undefined);
  }
}
