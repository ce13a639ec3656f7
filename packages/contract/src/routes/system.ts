import { z } from "@hono/zod-openapi";
import { json, listOf, ListQuery, Ref, route } from "../conventions.ts";
import { Event } from "../events.ts";
import { Host, HostCheck } from "../hosts.ts";

export const listEvents = route({
  method: "get",
  path: "/v1/events",
  operationId: "listEvents",
  tags: ["events"],
  scope: "read",
  summary: "What happened to one's things, as SSE, live and resumable; NDJSON with Accept: application/x-ndjson",
  request: {
    query: z.object({
      follow: z.enum(["true", "false"]).optional().describe("Default true for SSE: stay for what is to come"),
      type: z.string().max(200).optional().describe("Only this type, or with a trailing dot this family: container."),
      subject: z.string().max(64).optional(),
      since: z
        .string()
        .max(64)
        .optional()
        .describe("evt_…: after it; start: from the oldest, of thirty days ago; default: only what is to come"),
    }),
    headers: z.object({ "last-event-id": z.string().max(64).optional(), accept: z.string().max(500).optional() }),
  },
  responses: {
    200: {
      description: "Events in commit order; the SSE id is the event's id",
      content: { "text/event-stream": { schema: Event }, "application/x-ndjson": { schema: Event } },
    },
  },
  problems: ["too_many_streams"],
});
export const listHosts = route({
  method: "get",
  path: "/v1/hosts",
  operationId: "listHosts",
  tags: ["hosts"],
  scope: "admin",
  summary: "The hosts, their leases, capacity and protections",
  request: { query: ListQuery },
  responses: { 200: json(listOf(Host, "HostList"), "Hosts") },
});
export const getHost = route({
  method: "get",
  path: "/v1/hosts/{ref}",
  operationId: "getHost",
  tags: ["hosts"],
  scope: "admin",
  summary: "One host",
  request: { params: z.object({ ref: Ref }) },
  responses: { 200: json(Host, "The host") },
  problems: ["host_not_found"],
});
const Alive = z.object({ status: z.literal("ok") }).openapi("Alive");
export const checkHost = route({
  method: "get",
  path: "/v1/hosts/{ref}/check",
  operationId: "checkHost",
  tags: ["hosts"],
  scope: "admin",
  summary: "Whether the machine is fit for strangers' work, examined now by its worker",
  request: { params: z.object({ ref: Ref }) },
  responses: { 200: json(HostCheck, "Each thing looked at, what was found and what to do") },
  problems: ["host_not_found", "host_unreachable"],
});
const Readiness = z
  .object({ ready: z.boolean(), checks: z.record(z.string(), z.string().describe("ok, or what is wrong")) })
  .openapi("Readiness");
export const healthz = route({
  method: "get",
  path: "/healthz",
  operationId: "getHealth",
  tags: ["system"],
  scope: "none",
  summary: "The process runs",
  responses: { 200: json(Alive, "It does") },
});
export const readyz = route({
  method: "get",
  path: "/readyz",
  operationId: "getReadiness",
  tags: ["system"],
  scope: "none",
  summary: "Database and queue answer and a host is live",
  responses: { 200: json(Readiness, "Ready"), 503: json(Readiness, "Not ready, and why") },
});
export const metrics = route({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  tags: ["system"],
  scope: "none",
  summary: "Prometheus metrics of this process",
  responses: { 200: { description: "Text exposition format", content: { "text/plain": { schema: z.string() } } } },
});
