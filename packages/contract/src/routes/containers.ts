import { z } from "@hono/zod-openapi";
import {
  Container,
  CreateContainer,
  Exec,
  ExecResult,
  isLogPosition,
  KillContainer,
  LogLine,
  RenameContainer,
  StopContainer,
  UpdateContainer,
  Waited,
  WaitContainer,
} from "../containers.ts";
import {
  isInstant,
  json,
  listOf,
  ListQuery,
  PostHeaders,
  PreferHeader,
  Ref,
  body,
  route,
  decimal,
} from "../conventions.ts";
import { STATES } from "../lifecycle.ts";
import { REFUSALS } from "../refused-fields.ts";

const tags = ["containers"];
const Params = z.object({ ref: Ref });
const NOT_A_TIME = "an RFC 3339 time, as 2026-01-31T12:00:00Z";
const Bool = z.enum(["true", "false"]).optional();
const optionalBody = <T extends z.ZodType>(schema: T) => ({
  content: { "application/json": { schema } },
  required: false,
});
const changed = {
  202: json(Container, "The container as it is now"),
  200: json(Container, "With Prefer: wait, or when nothing was to do: the container, settled"),
};
const stateProblems = ["container_not_found", "container_wrong_state"] as const;

export const createContainer = route({
  method: "post",
  path: "/v1/containers",
  operationId: "createContainer",
  tags,
  scope: "write",
  summary: "Make a container, and start it unless start is false",
  request: { headers: PostHeaders, body: body(CreateContainer) },
  responses: changed,
  problems: [
    "image_not_found",
    "container_not_found",
    "reference_invalid",
    "name_taken",
    "quota_exceeded",
    "mount_invalid",
    "policy_refused",
    ...REFUSALS,
    "no_host_protects",
    "volume_not_found",
    "secret_not_found",
    "volume_copying",
    "other_host",
  ],
});
export const listContainers = route({
  method: "get",
  path: "/v1/containers",
  operationId: "listContainers",
  tags,
  scope: "read",
  summary: "List containers",
  request: {
    query: ListQuery.extend({
      state: z.enum(STATES).optional(),
      label: z.string().max(1200).optional().describe("key or key=value"),
      volume: z.string().max(1024).optional().describe("Those that mount this volume"),
      image: z.string().max(300).optional().describe("Those made from this image"),
      size: Bool.describe("With their sizes, up to 10 s old"),
    }),
  },
  responses: { 200: json(listOf(Container, "ContainerList"), "Containers, newest first") },
});
export const getContainer = route({
  method: "get",
  path: "/v1/containers/{ref}",
  operationId: "getContainer",
  tags,
  scope: "read",
  summary: "One container",
  request: { params: Params, query: z.object({ size: Bool.describe("With its size, as it is now") }) },
  responses: { 200: json(Container, "The container") },
  problems: ["container_not_found", "host_unreachable"],
});
export const removeContainer = route({
  method: "delete",
  path: "/v1/containers/{ref}",
  operationId: "removeContainer",
  tags,
  scope: "write",
  summary: "Remove a container; its volumes are kept",
  request: {
    params: Params,
    headers: PreferHeader,
    query: z.object({
      force: Bool.describe("Also when it runs"),
      volumes: Bool.describe("Also its anonymous volumes that nobody else mounts"),
    }),
  },
  responses: changed,
  problems: stateProblems,
});
export const startContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/start",
  operationId: "startContainer",
  tags,
  scope: "write",
  summary: "Start it, with the data of before",
  request: { params: Params, headers: PostHeaders },
  responses: changed,
  problems: [...stateProblems, "quota_exceeded"],
});
export const stopContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/stop",
  operationId: "stopContainer",
  tags,
  scope: "write",
  summary: "End its process: the stop signal, then SIGKILL after the grace period",
  request: { params: Params, headers: PostHeaders, body: optionalBody(StopContainer) },
  responses: changed,
  problems: stateProblems,
});
export const restartContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/restart",
  operationId: "restartContainer",
  tags,
  scope: "write",
  summary: "Stop it if it runs, then start it",
  request: { params: Params, headers: PostHeaders, body: optionalBody(StopContainer) },
  responses: changed,
  problems: [...stateProblems, "quota_exceeded"],
});
export const killContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/kill",
  operationId: "killContainer",
  tags,
  scope: "write",
  summary: "Send a signal to its process; SIGKILL ends it",
  request: { params: Params, headers: PostHeaders, body: optionalBody(KillContainer) },
  responses: changed,
  problems: [...stateProblems, "host_unreachable", "outcome_unknown"],
});
export const pauseContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/pause",
  operationId: "pauseContainer",
  tags,
  scope: "write",
  summary: "Freeze its processes where they are; its memory stays taken",
  request: { params: Params, headers: PostHeaders },
  responses: changed,
  problems: stateProblems,
});
export const unpauseContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/unpause",
  operationId: "unpauseContainer",
  tags,
  scope: "write",
  summary: "Let its processes go on",
  request: { params: Params, headers: PostHeaders },
  responses: changed,
  problems: stateProblems,
});
export const updateContainer = route({
  method: "patch",
  path: "/v1/containers/{ref}",
  operationId: "updateContainer",
  tags,
  scope: "write",
  summary: "Change its name, limits, restart policy, time to live, idle timeout or ports",
  description:
    "Limits are put on by its host, also while it runs. With Prefer: wait a refusal by the host is limits_refused and the limits of " +
    "before hold; without, pendingLimits becomes null and limitsRefused says why. By a new name its neighbours find it from its next start.",
  request: { params: Params, headers: PreferHeader, body: body(UpdateContainer) },
  responses: changed,
  problems: [...stateProblems, "name_taken", "quota_exceeded", "limits_refused"],
});
export const renameContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/rename",
  operationId: "renameContainer",
  tags,
  scope: "write",
  summary: "Give it another name",
  request: { params: Params, headers: PostHeaders, body: body(RenameContainer) },
  responses: changed,
  problems: [...stateProblems, "name_taken"],
});
export const waitContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/wait",
  operationId: "waitContainer",
  tags,
  scope: "read",
  summary: "Answer when it has ended, or is healthy",
  request: { params: Params, body: optionalBody(WaitContainer) },
  responses: { 200: json(Waited, "How it ended, or settled: false after the timeout") },
  problems: ["container_not_found", "no_healthcheck", "too_many_streams"],
});
export const containerLogs = route({
  method: "get",
  path: "/v1/containers/{ref}/logs",
  operationId: "getContainerLogs",
  tags,
  scope: "read",
  summary:
    "What it printed, as SSE, or NDJSON with Accept: application/x-ndjson; Last-Event-ID (of a line, or a time) resumes",
  request: {
    params: Params,
    query: z
      .object({
        follow: Bool,
        tail: decimal(z.number().int().min(0).max(1_000_000).optional()),
        since: z.string().max(40).refine(isInstant, NOT_A_TIME).optional().describe("RFC 3339; only what came after"),
        until: z.string().max(40).refine(isInstant, NOT_A_TIME).optional().describe("RFC 3339"),
        stdout: Bool.describe("Default true"),
        stderr: Bool.describe("Default true"),
      })
      .refine(({ stdout, stderr }) => stdout !== "false" || stderr !== "false", {
        path: ["stdout"],
        message: "leave one of stdout and stderr",
      }),
    headers: z.object({
      "last-event-id": z.string().max(100).refine(isLogPosition, "the id of a line, or an RFC 3339 time").optional(),
      accept: z.string().max(500).optional(),
    }),
  },
  responses: {
    200: {
      description: "Lines; SSE events are named `line`, then one `end`",
      content: { "text/event-stream": { schema: LogLine }, "application/x-ndjson": { schema: LogLine } },
    },
  },
  problems: ["container_not_found", "container_wrong_state", "host_unreachable", "too_many_streams"],
});
export const execContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/exec",
  operationId: "execContainer",
  tags,
  scope: "write",
  summary: "Run a command in it and answer with what it printed",
  request: { params: Params, headers: PostHeaders, body: body(Exec) },
  responses: { 200: json(ExecResult, "How the command ended; 126 and 127 as in a shell: not executable, not found") },
  problems: [...stateProblems, "host_unreachable", "outcome_unknown", "too_many_streams"],
});
