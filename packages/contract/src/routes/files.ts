import { z } from "@hono/zod-openapi";
import { json, Ref, route, decimal } from "../conventions.ts";
import { ContainerPath } from "../paths.ts";
import { FilesWritten } from "../streams.ts";
import { VolumeRef } from "../volumes.ts";

const Bytes = z.string().openapi({ format: "binary" });
const GetHeaders = z.object({
  accept: z
    .string()
    .max(1000)
    .optional()
    .describe("application/octet-stream: the content of one file; anything else: a tar"),
});
const PutQuery = z.object({
  mode: z
    .string()
    .regex(/^[0-7]{1,4}$/, "octal permissions such as 644")
    .optional()
    .describe("For one file: its permissions, in octal; default 644"),
  sizeBytes: decimal(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional()).describe(
    "For one file: its size, when the body has no Content-Length",
  ),
});
const WAY =
  "With `Accept: application/octet-stream` the content of one regular file, links followed inside; its permissions are in " +
  "`Hafen-File-Mode`, its time in `Last-Modified`. ";
const GET_LIMITS =
  "At most 8 GiB: past that a tar breaks off, so one without its end is not whole, and a file is refused.";
const PUT_WAYS =
  "A tar: files, directories, symbolic links and hard links inside the tar; anything else is refused. Set-uid and set-gid bits are taken " +
  "off. An entry replaces what has its name, but never a directory a file or a file a directory. Entries before one that is refused are " +
  "unpacked already. With `Content-Type: application/octet-stream` the body is one file, written at `path`, in a directory that exists; not " +
  "atomic: a reader meanwhile may see it absent or in part.";

const ofPath = [
  "path_not_found",
  "path_not_directory",
  "path_is_directory",
  "path_not_file",
  "file_too_large",
  "files_interrupted",
  "host_unreachable",
  "too_many_streams",
] as const;
const ofBody = [
  "path_read_only",
  "disk_full",
  "tar_invalid",
  "tar_entry_refused",
  "tar_too_large",
  "length_required",
  "body_size_wrong",
  "files_stalled",
  "unsupported_media_type",
] as const;
const ofContainer = ["container_not_found", "container_wrong_state", "path_in_memory"] as const;
const ofVolume = ["volume_not_found", "volume_copying"] as const;

const ofEither = {
  200: {
    description: "The tar, or the file",
    content: { "application/x-tar": { schema: Bytes }, "application/octet-stream": { schema: Bytes } },
  },
};
const Upload = {
  required: true,
  content: {
    "application/x-tar": { schema: Bytes },
    "application/gzip": { schema: Bytes },
    "application/zstd": { schema: Bytes },
    "application/octet-stream": { schema: Bytes },
  },
} as const;

const ContainerQuery = z.object({
  path: ContainerPath.describe("Absolute, as the container sees it, without . and .."),
});
const VolumeQuery = z.object({ path: ContainerPath.describe("Absolute, from the volume's root on, without . and ..") });

export const getContainerFiles = route({
  method: "get",
  path: "/v1/containers/{ref}/files",
  operationId: "getContainerFiles",
  tags: ["containers"],
  scope: "read",
  summary: "A tar of a file or directory in it, or a file's content, running or not",
  description: `Entries are named from the path's last component on. A symbolic link comes as a link. ${WAY}${GET_LIMITS}`,
  request: { params: z.object({ ref: Ref }), query: ContainerQuery, headers: GetHeaders },
  responses: ofEither,
  problems: [...ofContainer, ...ofPath],
});
export const putContainerFiles = route({
  method: "put",
  path: "/v1/containers/{ref}/files",
  operationId: "putContainerFiles",
  tags: ["containers"],
  scope: "write",
  summary: "Unpack a tar (plain, gzip, zstd) into a directory of it, or write one file, running or not",
  description: PUT_WAYS,
  request: { params: z.object({ ref: Ref }), query: PutQuery.extend(ContainerQuery.shape), body: Upload },
  responses: { 200: json(FilesWritten, "What was written") },
  problems: [...ofContainer, ...ofPath, ...ofBody],
});
export const getVolumeFiles = route({
  method: "get",
  path: "/v1/volumes/{ref}/files",
  operationId: "getVolumeFiles",
  tags: ["volumes"],
  scope: "read",
  summary: "A tar of a file or directory in it, or a file's content, whether a container mounts it or not",
  description:
    "Entries are named from the path's last component on; those of the whole volume (`/`) begin with `./`. One that has never been on a " +
    `host is an empty directory. Links lead nowhere outside the volume. ${WAY}${GET_LIMITS}`,
  request: { params: z.object({ ref: VolumeRef }), query: VolumeQuery, headers: GetHeaders },
  responses: ofEither,
  problems: [...ofVolume, "volume_lost", ...ofPath],
});
export const putVolumeFiles = route({
  method: "put",
  path: "/v1/volumes/{ref}/files",
  operationId: "putVolumeFiles",
  tags: ["volumes"],
  scope: "write",
  summary:
    "Unpack a tar (plain, gzip, zstd) into a directory of it, or write one file, whether a container mounts it or not",
  description: `${PUT_WAYS} One that has never been on a host is put on one; a path of the virtual host tree that names none yet is made.`,
  request: { params: z.object({ ref: VolumeRef }), query: PutQuery.extend(VolumeQuery.shape), body: Upload },
  responses: { 200: json(FilesWritten, "What was written") },
  problems: [...ofVolume, "quota_exceeded", ...ofPath, ...ofBody],
});
