import { z } from "@hono/zod-openapi";
import { Build, BuildLogLine, BuildQuery, BuildSummary, InlineBuild } from "../builds.ts";
import { json, listOf, ListQuery, PostHeaders, route } from "../conventions.ts";
import { BUILD_STATES } from "../lifecycle.ts";

const tags = ["builds"];
const Id = z.object({ id: z.string().max(64) });
const Tar = z.string().openapi({ format: "binary" });
export const contextProblems = [
  "context_invalid",
  "context_truncated",
  "context_entry_refused",
  "context_too_large",
  "dockerfile_missing",
  "dockerfile_invalid",
  "reference_invalid",
  "unsupported_media_type",
  "quota_exceeded",
  "body_too_large",
] as const;

export const createBuild = route({
  method: "post",
  path: "/v1/builds",
  operationId: "createBuild",
  tags,
  scope: "write",
  summary: "Build an image from an uploaded tar (plain, gzip, zstd) or from inline files",
  request: {
    headers: PostHeaders,
    query: BuildQuery,
    body: {
      // "Required" would hold a tar against the JSON schema, too; the handler refuses a body of neither kind.
      required: false,
      content: {
        "application/x-tar": { schema: Tar },
        "application/gzip": { schema: Tar },
        "application/zstd": { schema: Tar },
        "application/json": { schema: InlineBuild },
      },
    },
  },
  responses: {
    202: json(Build, "The build, queued; GET it or its logs"),
    200: json(Build, "With Prefer: wait: the build, ended"),
  },
  problems: ["no_host_protects", ...contextProblems, "too_many_streams"],
});
export const listBuilds = route({
  method: "get",
  path: "/v1/builds",
  operationId: "listBuilds",
  tags,
  scope: "read",
  summary: "List builds",
  request: { query: ListQuery.extend({ state: z.enum(BUILD_STATES).optional() }) },
  responses: { 200: json(listOf(BuildSummary, "BuildList"), "Builds, newest first") },
});
export const getBuild = route({
  method: "get",
  path: "/v1/builds/{id}",
  operationId: "getBuild",
  tags,
  scope: "read",
  summary: "One build with its steps and what its bases were pinned to",
  request: { params: Id },
  responses: { 200: json(Build, "The build") },
  problems: ["build_not_found"],
});
export const removeBuild = route({
  method: "delete",
  path: "/v1/builds/{id}",
  operationId: "removeBuild",
  tags,
  scope: "write",
  summary: "Forget a build that has ended, with its log; its image stays",
  request: { params: Id },
  responses: { 204: { description: "Forgotten" } },
  problems: ["build_not_found", "build_wrong_state"],
});
export const buildLogs = route({
  method: "get",
  path: "/v1/builds/{id}/logs",
  operationId: "getBuildLogs",
  tags,
  scope: "read",
  summary: "The build's log as SSE, or NDJSON with Accept: application/x-ndjson; resumes after Last-Event-ID",
  request: {
    params: Id,
    query: z.object({ follow: z.enum(["true", "false"]).optional() }),
    headers: z.object({ "last-event-id": z.string().max(64).optional(), accept: z.string().max(500).optional() }),
  },
  responses: {
    200: {
      description: "Lines; SSE events are named `line`, then one `end` whose data is the build",
      content: { "text/event-stream": { schema: BuildLogLine }, "application/x-ndjson": { schema: BuildLogLine } },
    },
  },
  problems: ["build_not_found", "too_many_streams"],
});
export const cancelBuild = route({
  method: "post",
  path: "/v1/builds/{id}/cancel",
  operationId: "cancelBuild",
  tags,
  scope: "write",
  summary: "End a build that is queued or running",
  request: { params: Id, headers: PostHeaders },
  responses: { 202: json(Build, "The build; cancelled soon"), 200: json(Build, "With Prefer: wait: the build, ended") },
  problems: ["build_not_found", "build_wrong_state"],
});
