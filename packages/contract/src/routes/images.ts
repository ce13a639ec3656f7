import { z } from "@hono/zod-openapi";
import { Build } from "../builds.ts";
import { body, json, listOf, ListQuery, PostHeaders, Ref, route } from "../conventions.ts";
import {
  CommitContainer,
  HistoryEntry,
  Image,
  ImageSummary,
  ImportQuery,
  PullImage,
  PushImage,
  RemovedImage,
  TagImage,
} from "../images.ts";
import { contextProblems } from "./builds.ts";

const tags = ["images"];
const Params = z.object({ ref: Ref.describe("img_…, sha256:<hex>, or a tag, percent-encoded") });

export const listImages = route({
  method: "get",
  path: "/v1/images",
  operationId: "listImages",
  tags,
  scope: "read",
  summary: "One's own images and the catalog's",
  request: { query: ListQuery },
  responses: { 200: json(listOf(ImageSummary, "ImageList"), "Images, newest first") },
});
export const getImage = route({
  method: "get",
  path: "/v1/images/{ref}",
  operationId: "getImage",
  tags,
  scope: "read",
  summary: "Configuration, layers, size, what it stands on, who uses it",
  request: { params: Params },
  responses: { 200: json(Image, "The image") },
  problems: ["image_not_found"],
});
export const imageHistory = route({
  method: "get",
  path: "/v1/images/{ref}/history",
  operationId: "getImageHistory",
  tags,
  scope: "read",
  summary: "Each layer with the instruction that made it, newest first",
  request: { params: Params },
  responses: { 200: json(z.object({ items: z.array(HistoryEntry) }).openapi("ImageHistory"), "The layers") },
  problems: ["image_not_found"],
});
export const tagImage = route({
  method: "post",
  path: "/v1/images/{ref}/tags",
  operationId: "tagImage",
  tags,
  scope: "write",
  summary: "Give an image of one's own another name; a name of one's own moves",
  request: { params: Params, headers: PostHeaders, body: body(TagImage) },
  responses: { 200: json(Image, "The image") },
  problems: ["image_not_found", "reference_invalid"],
});
export const removeImage = route({
  method: "delete",
  path: "/v1/images/{ref}",
  operationId: "removeImage",
  tags,
  scope: "write",
  summary: "By tag: drop the tag, and the image with its last one. By id: drop all",
  request: { params: Params },
  responses: { 200: json(RemovedImage, "What went") },
  problems: ["image_not_found", "image_in_use"],
});
export const importImage = route({
  method: "post",
  path: "/v1/images/import",
  operationId: "importImage",
  tags,
  scope: "write",
  summary: "Make an image from a tar of a root file system or a docker save archive (told apart by their first entry)",
  request: {
    headers: PostHeaders,
    query: ImportQuery,
    body: { required: true, content: { "application/x-tar": { schema: z.string().openapi({ format: "binary" }) } } },
  },
  responses: {
    202: json(Build, "The import runs as a build of kind rootfs or archive"),
    200: json(Build, "With Prefer: wait: ended"),
  },
  problems: ["no_host_protects", ...contextProblems, "archive_invalid", "too_many_streams"],
});
export const exportImage = route({
  method: "get",
  path: "/v1/images/{ref}/export",
  operationId: "exportImage",
  tags,
  scope: "read",
  summary: "A docker save archive. Named by tag it holds that tag, named by id all of one's own tags",
  request: { params: Params },
  responses: {
    200: {
      description: "The archive; it breaks off when it cannot be whole",
      content: { "application/x-tar": { schema: z.string().openapi({ format: "binary" }) } },
    },
  },
  problems: ["image_not_found", "host_unreachable", "too_many_streams"],
});
const registryProblems = ["registry_not_allowed", "reference_invalid", "quota_exceeded"] as const;
export const pullImage = route({
  method: "post",
  path: "/v1/images/pull",
  operationId: "pullImage",
  tags,
  scope: "write",
  summary: "Take an image out of a registry, with one's own credentials for it",
  request: { headers: PostHeaders, body: body(PullImage) },
  responses: {
    202: json(Build, "The pull runs as a build of kind pull"),
    200: json(Build, "With Prefer: wait: ended"),
  },
  problems: [...registryProblems, "no_host_protects"],
});
export const pushImage = route({
  method: "post",
  path: "/v1/images/{ref}/push",
  operationId: "pushImage",
  tags,
  scope: "write",
  summary: "Put an image into a registry, with one's own credentials for it",
  request: { params: Params, headers: PostHeaders, body: body(PushImage) },
  responses: {
    202: json(Build, "The push runs as a build of kind push; its imageId is what was pushed"),
    200: json(Build, "With Prefer: wait: ended"),
  },
  problems: [...registryProblems, "image_not_found"],
});
export const commitContainer = route({
  method: "post",
  path: "/v1/containers/{ref}/commit",
  operationId: "commitContainer",
  tags: ["containers"],
  scope: "write",
  summary: "Keep a container's files and configuration as an image; what is in volumes is not in it",
  request: {
    params: z.object({ ref: Ref }),
    headers: PostHeaders,
    body: { ...body(CommitContainer), required: false },
  },
  responses: {
    202: json(Build, "The commit runs as a build of kind commit"),
    200: json(Build, "With Prefer: wait: ended"),
  },
  problems: [
    "container_not_found",
    "container_wrong_state",
    "reference_invalid",
    "dockerfile_invalid",
    "remote_add_refused",
    "quota_exceeded",
  ],
});
