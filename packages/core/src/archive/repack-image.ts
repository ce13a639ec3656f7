import { abandon } from "./chunk-reader.ts";
import { openCompressed } from "./open-compressed.ts";
import { packing, type Packing } from "./packing.ts";
import { readTar, type TarEntry } from "./read-tar.ts";
import { dockerArchiveTar, type DockerArchiveSummary } from "./repack-docker-archive.ts";
import { rootfsTar, type ImageLimits, type RootfsSummary } from "./repack-rootfs.ts";
import { IMAGE } from "./upload.ts";

export type RepackedImage =
  | ({ kind: "archive" } & Packing<DockerArchiveSummary>)
  | ({ kind: "rootfs" } & Packing<RootfsSummary>);

const ARCHIVE_NAME =
  /^(?:\.\/)*(?:(?:sha256:)?[0-9a-f]{64}(?:$|[./])|(?:manifest\.json|index\.json|oci-layout|repositories)$|blobs(?:$|\/))/;

/** What an upload is by the name of its first entry: `docker save` and its likes use names that no root file system starts with. */
export function sniffArchive(firstName: string): "archive" | "rootfs" {
  return ARCHIVE_NAME.test(firstName) ? "archive" : "rootfs";
}

/** For `POST /v1/images/import`: takes either kind, and decides once the first entry was read. */
export async function repackImage(body: AsyncIterable<Uint8Array>, limits: ImageLimits): Promise<RepackedImage> {
  const entries = readTar(openCompressed(body, { maxBytes: limits.maxBytes, upload: IMAGE }), IMAGE);
  let first = await entries.next();
  while (first.done !== true && /^[./]*$/.test(first.value.name) && first.value.type === "directory")
    first = await entries.next();
  const all = rejoin(first, entries);
  if (first.done !== true && sniffArchive(first.value.name) === "archive")
    return { kind: "archive", ...packing(dockerArchiveTar(all, limits)) };
  return { kind: "rootfs", ...packing(rootfsTar(all, limits)) };
}

async function* rejoin(
  first: IteratorResult<TarEntry, unknown>,
  rest: AsyncGenerator<TarEntry>,
): AsyncGenerator<TarEntry> {
  if (first.done === true) return;
  try {
    yield first.value;
    yield* rest;
  } finally {
    abandon(rest);
  }
}
