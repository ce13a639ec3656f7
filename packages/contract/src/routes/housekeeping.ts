import { z } from "@hono/zod-openapi";
import { body, json, PostHeaders, route } from "../conventions.ts";
import { DiskUsage } from "../disk-usage.ts";
import { ImageTree } from "../image-tree.ts";
import { Prune, Pruned } from "../prune.ts";
import { Retention } from "../retention.ts";

const tags = ["housekeeping"];

export const diskUsage = route({
  method: "get",
  path: "/v1/system/df",
  operationId: "getDiskUsage",
  tags,
  scope: "read",
  summary: "What one's images, containers, volumes and builds take, on all hosts; up to 10 s old",
  request: { query: z.object({ verbose: z.enum(["true", "false"]).optional().describe("With each thing by itself") }) },
  responses: { 200: json(DiskUsage, "The bytes") },
});
export const imageTree = route({
  method: "get",
  path: "/v1/image-tree",
  operationId: "getImageTree",
  tags,
  scope: "read",
  summary: "Which layers one's own images and the catalog's share, and what removing one would free",
  responses: { 200: json(ImageTree, "The layers, each with the images that end there") },
});
export const prune = route({
  method: "post",
  path: "/v1/prune",
  operationId: "prune",
  tags,
  scope: "write",
  summary: "Remove what lies around, and say what went, what stays and why, and how many bytes come back",
  request: { headers: PostHeaders, body: body(Prune) },
  responses: { 200: json(Pruned, "What went and what stays") },
  problems: ["volume_not_found"],
});
export const getRetention = route({
  method: "get",
  path: "/v1/retention",
  operationId: "getRetention",
  tags,
  scope: "read",
  summary: "When one's stopped containers and ended builds go by themselves",
  responses: { 200: json(Retention, "The policy; null: never, the default") },
});
export const setRetention = route({
  method: "put",
  path: "/v1/retention",
  operationId: "setRetention",
  tags,
  scope: "write",
  summary: "Say when they go",
  request: { body: body(Retention) },
  responses: { 200: json(Retention, "The policy") },
});
