import { z } from "@hono/zod-openapi";
import { ContainerPath } from "../containers.ts";
import { json, Ref, route } from "../conventions.ts";
import { ExecEnded, ExecStream, FilesWritten, StreamEnded } from "../streams.ts";

const tags = ["containers"];
const Params = z.object({ ref: Ref });
const Tar = z.string().openapi({ format: "binary" });
const Query = z.object({ path: ContainerPath.describe("Absolute, as the container sees it, without . and ..") });
const problems = [
  "container_not_found",
  "path_not_found",
  "container_wrong_state",
  "path_not_directory",
  "path_in_memory",
  "host_unreachable",
] as const;

export const getContainerFiles = route({
  method: "get",
  path: "/v1/containers/{ref}/files",
  operationId: "getContainerFiles",
  tags,
  scope: "read",
  summary: "A tar of a file or directory in it, running or not",
  description:
    "Entries are named from the path's last component on. A symbolic link comes as a link. " +
    "At most 2 GiB: past that the answer breaks off, so a tar without its end is not whole.",
  request: { params: Params, query: Query },
  responses: { 200: { description: "The tar", content: { "application/x-tar": { schema: Tar } } } },
  problems,
});
export const putContainerFiles = route({
  method: "put",
  path: "/v1/containers/{ref}/files",
  operationId: "putContainerFiles",
  tags,
  scope: "write",
  summary: "Unpack a tar (plain, gzip, zstd) into a directory of it, running or not",
  description:
    "Files, directories, symbolic links and hard links inside the tar; anything else is refused. Set-uid and set-gid bits are taken off. " +
    "An entry replaces what has its name. Entries before one that is refused are unpacked already.",
  request: {
    params: Params,
    query: Query,
    body: {
      required: true,
      content: {
        "application/x-tar": { schema: Tar },
        "application/gzip": { schema: Tar },
        "application/zstd": { schema: Tar },
      },
    },
  },
  responses: { 200: json(FilesWritten, "What was unpacked") },
  problems: [
    ...problems,
    "path_read_only",
    "disk_full",
    "tar_invalid",
    "tar_entry_refused",
    "tar_too_large",
    "unsupported_media_type",
  ],
});
export const attachContainer = route({
  method: "get",
  path: "/v1/containers/{ref}/attach",
  operationId: "attachContainer",
  tags,
  scope: "write",
  summary: "Its standard streams, as a WebSocket",
  description:
    "Binary messages of at most 1 MiB; the first byte says what the rest is: 0 standard input (needs openStdin), 1 standard output, " +
    "2 standard error, 3 control as JSON. A client may send `resize` and `stdinEnd` (StreamControl); the server's last message is `ended` " +
    "(StreamEnded), before it closes with 1000. Refusals are plain HTTP answers before the upgrade. Close codes: 1003 not binary, " +
    "1008 not allowed, 1009 too long, 1011 the host failed, 1012 the service restarts, 1013 nothing was read for 10 s with 1 MiB waiting.",
  request: {
    params: Params,
    query: z.object({
      backlog: z.enum(["true", "false"]).optional().describe("Begin with what it printed before; default false"),
    }),
  },
  responses: {
    101: { description: "The WebSocket; its last message", content: { "application/json": { schema: StreamEnded } } },
  },
  problems: [
    "container_not_found",
    "container_wrong_state",
    "upgrade_required",
    "too_many_streams",
    "host_unreachable",
  ],
});
export const openExec = route({
  method: "get",
  path: "/v1/containers/{ref}/exec",
  operationId: "openExec",
  tags,
  scope: "write",
  summary: "Run a command in it with its streams live, as a WebSocket",
  description:
    "Messages as of attach. A client may send `resize`, `stdinEnd`, `signal`, `read` and `detach` (ExecControl); the server's last message is " +
    "`ended` (ExecEnded), before it closes with 1000. A slow reader slows the command down for as long as it likes. A client that goes " +
    "away without `detach` ends the command: SIGHUP, and SIGKILL to all it started 5 s later. Close codes: 1003 not binary, 1008 not allowed, " +
    "1009 too long, 1011 the host failed, 1012 the service restarts.",
  request: { params: Params, query: ExecStream },
  responses: {
    101: { description: "The WebSocket; its last message", content: { "application/json": { schema: ExecEnded } } },
  },
  problems: [
    "container_not_found",
    "container_wrong_state",
    "upgrade_required",
    "too_many_streams",
    "host_unreachable",
  ],
});
