import { z } from "@hono/zod-openapi";
import { json, Ref, route } from "../conventions.ts";
import { Isolation } from "../isolation.ts";
import { ChangeList, ContainerStats, ProcessList } from "../measures.ts";

const tags = ["containers"];
const Params = z.object({ ref: Ref });
const problems = ["container_not_found", "container_wrong_state", "host_unreachable"] as const;

export const containerTop = route({
  method: "get",
  path: "/v1/containers/{ref}/top",
  operationId: "getContainerTop",
  tags,
  scope: "read",
  summary: "Its processes, in its own numbers",
  request: { params: Params },
  responses: { 200: json(ProcessList, "The processes, by pid") },
  problems,
});
export const containerStats = route({
  method: "get",
  path: "/v1/containers/{ref}/stats",
  operationId: "getContainerStats",
  tags,
  scope: "read",
  summary: "What it uses, once a second, as SSE, or NDJSON with Accept: application/x-ndjson",
  request: {
    params: Params,
    query: z.object({
      follow: z.enum(["true", "false"]).optional().describe("Default true, until it ends; false: one sample as JSON"),
    }),
    headers: z.object({ accept: z.string().max(500).optional() }),
  },
  responses: {
    200: {
      description: "Samples; SSE events are named `stats`, then one `end`",
      content: {
        "text/event-stream": { schema: ContainerStats },
        "application/x-ndjson": { schema: ContainerStats },
        "application/json": { schema: ContainerStats },
      },
    },
  },
  problems: [...problems, "too_many_streams"],
});
export const containerChanges = route({
  method: "get",
  path: "/v1/containers/{ref}/changes",
  operationId: "getContainerChanges",
  tags,
  scope: "read",
  summary: "How its file system differs from its image's",
  request: { params: Params },
  responses: { 200: json(ChangeList, "What was added, changed and deleted") },
  problems,
});
export const exportContainer = route({
  method: "get",
  path: "/v1/containers/{ref}/export",
  operationId: "exportContainer",
  tags,
  scope: "read",
  summary: "Its whole file system as one flat tar, running or not; volumes are left out",
  request: { params: Params },
  responses: {
    200: {
      description: "The tar",
      content: { "application/x-tar": { schema: z.string().openapi({ format: "binary" }) } },
    },
  },
  problems: [...problems, "too_many_streams"],
});
export const containerIsolation = route({
  method: "get",
  path: "/v1/containers/{ref}/isolation",
  operationId: "getContainerIsolation",
  tags,
  scope: "read",
  summary: "What the kernel enforces on it, read from the kernel",
  request: { params: Params },
  responses: { 200: json(Isolation, "Namespaces, limits and use, capabilities, seccomp, mounts, network") },
  problems,
});
