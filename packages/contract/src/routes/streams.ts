import { z } from "@hono/zod-openapi";
import { Ref, route } from "../conventions.ts";
import { AttachStream, ExecEnded, ExecStream, StreamEnded } from "../streams.ts";

const tags = ["containers"];
const Params = z.object({ ref: Ref });
export const attachContainer = route({
  method: "get",
  path: "/v1/containers/{ref}/attach",
  operationId: "attachContainer",
  tags,
  scope: "write",
  summary: "Its standard streams, as a WebSocket",
  description:
    "Binary messages of at most 1 MiB; the first byte says what the rest is: 0 standard input (needs openStdin), 1 standard output, " +
    "2 standard error, 3 control as JSON. A client may send `resize`, `stdinEnd` and `read` (StreamControl); the server's last message is `ended` " +
    "(StreamEnded), before it closes with 1000. With `start` it is started as by `POST /start`, and must be one that could be. " +
    "Refusals are plain HTTP answers before the upgrade. Close codes: 1003 not binary, 1008 not allowed, 1009 too long, 1011 the host " +
    "failed, 1012 the service restarts, 1013 nothing was read for 10 s with 1 MiB waiting, without `window`.",
  request: {
    params: Params,
    query: AttachStream,
  },
  responses: {
    101: { description: "The WebSocket; its last message", content: { "application/json": { schema: StreamEnded } } },
  },
  problems: [
    "container_not_found",
    "container_wrong_state",
    "quota_exceeded",
    "upgrade_required",
    "origin_refused",
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
    "origin_refused",
    "too_many_streams",
    "host_unreachable",
  ],
});
