import { can, ProblemError, type FilesWritten } from "@hafen/contract";
import { mountsOf, type ContainerRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import { InputError } from "../archive/error.ts";
import { repackFiles } from "../archive/repack-files.ts";
import type { HostCtx } from "../ctx.ts";
import { onHost } from "./live.ts";
import { wrongState } from "./request.ts";

/** Files of a container, running or not, through the engine: it resolves every path inside the container's own root. */

const MAX_ENTRIES = 200_000;
const MAX_PATH_BYTES = 4096;
/** In a running container these are the kernel's; the engine would show what lies below them on the disk. */
const KERNEL_PATHS = ["/proc", "/sys", "/dev"];

/** A tar of `path`, bounded: past the limit it breaks, so that nobody takes a part for the whole. */
export async function readFiles(
  ctx: HostCtx,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const row = await onHost(ctx, id);
  const engineId = await reachable(ctx, row, path);
  const tar = await explained(ctx, row, path, () => ctx.engine.getArchive(engineId, path, { signal }));
  return bounded(tar, ctx.filesBytes);
}

/** Unpacks a tar into the directory `path`, written anew by us on its way to the engine. */
export async function writeFiles(
  ctx: HostCtx,
  id: string,
  path: string,
  tar: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<FilesWritten> {
  const row = await onHost(ctx, id);
  const engineId = await reachable(ctx, row, path);
  return explained(ctx, row, path, async () => {
    const limits = { maxBytes: ctx.filesBytes, maxEntries: MAX_ENTRIES, maxPathBytes: MAX_PATH_BYTES };
    const packed = repackFiles(tar, { ...limits, destination: path });
    await ctx.engine.putArchive(engineId, path, packed.tar, { signal });
    const { entries, contentBytes } = await packed.summary;
    return { entries, contentBytes };
  });
}

/** The engine's id of a container whose files at `path` the engine can show. */
async function reachable(ctx: HostCtx, row: ContainerRow, path: string): Promise<string> {
  if (!can("files", row.state)) throw wrongState(row, "files");
  const mounts = await mountsOf(ctx.db, [row.id]);
  const inMemory = [...KERNEL_PATHS, ...mounts.filter(({ type }) => type === "tmpfs").map(({ target }) => target)];
  const under = inMemory.find((root) => isBelow(path, root));
  // A volume may lie below one of these, and is on a disk.
  const volume = mounts.some(({ type, target }) => type === "volume" && isBelow(path, target));
  if (under !== undefined && !volume) {
    throw new ProblemError("path_in_memory", `${under} is not on a disk: use exec there, as with cat or tar.`);
  }
  const engineId = row.engineId ?? (await ctx.engine.inspectContainer(row.id))?.id;
  if (engineId === undefined) throw new ProblemError("container_not_found", `The container ${row.name} is gone.`);
  return engineId;
}

function isBelow(path: string, root: string): boolean {
  const normal = (text: string) => `/${text.split("/").filter(Boolean).join("/")}/`;
  return normal(path).startsWith(normal(root));
}

async function* bounded(tar: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sentBytes = 0;
  for await (const piece of tar) {
    sentBytes += piece.length;
    if (sentBytes > maxBytes) throw new ProblemError("tar_too_large", `The tar has more than ${maxBytes} bytes.`);
    yield piece;
  }
}

/** What went wrong, in words of the request: the engine's own name the host's paths. */
async function explained<T>(ctx: HostCtx, row: ContainerRow, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) throw new ProblemError(error.code, error.detail);
    if (!(error instanceof EngineError)) throw error;
    switch (error.kind) {
      case "not_found": {
        const there = await ctx.engine.inspectContainer(row.engineId ?? row.id);
        if (!there) throw new ProblemError("container_not_found", `The container ${row.name} is gone.`);
        throw new ProblemError("path_not_found", `There is no ${path} in ${row.name}.`);
      }
      case "not_directory":
        throw new ProblemError("path_not_directory", `${path} is not a directory, or leads through a file.`);
      case "read_only":
        throw new ProblemError(
          "path_read_only",
          `${path} is in a read-only root or volume. Write to a volume that is not.`,
        );
      case "no_space":
        throw new ProblemError("disk_full", "The disk is full. What fitted is unpacked; remove what is not needed.");
      case "conflict":
        throw wrongState(row, "files");
      case "invalid":
        throw new ProblemError(
          "tar_entry_refused",
          `The engine could not unpack the tar${unpackReason(error.message)}.`,
        );
      case "unavailable":
        throw new ProblemError("host_unreachable", "The host's engine does not answer. Try again soon.");
      default:
        throw error;
    }
  }
}

/** The engine unpacks inside the container's root, so that only what it says of that has no path of the host in it. */
function unpackReason(message: string): string {
  const [, reason] = /processing tar file\([^)]*\): (.*)$/s.exec(message) ?? [];
  return reason === undefined ? "" : `: ${reason}`;
}
