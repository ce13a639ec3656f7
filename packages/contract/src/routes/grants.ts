import { z } from "@hono/zod-openapi";
import { body, json, listOf, ListQuery, PostHeaders, Ref, route } from "../conventions.ts";
import { CreateGrant, Grant } from "../grants.ts";
import { VolumeRef } from "../volumes.ts";

const tags = ["grants"];
const ImageParams = z.object({ ref: Ref.describe("img_…, sha256:<hex>, or a tag, percent-encoded") });
const VolumeParams = z.object({ ref: VolumeRef });
const GrantId = { grant: z.string().min(1).max(100).describe("gra_…") };
const Given = z.object({ items: z.array(Grant) }).openapi("GivenGrants");

export const grantImage = route({
  method: "post",
  path: "/v1/images/{ref}/grants",
  operationId: "grantImage",
  tags,
  scope: "write",
  summary: "Let another user look at an image, or use it",
  description:
    "`read`: get, history. `use`: also containers from it, FROM and COPY --from in builds, export and push. They name it by id or as `@owner/tag`, and cannot grant it on.",
  request: { params: ImageParams, headers: PostHeaders, body: body(CreateGrant) },
  responses: { 201: json(Grant, "The grant") },
  problems: ["image_not_found", "user_not_found", "name_taken"],
});
export const listImageGrants = route({
  method: "get",
  path: "/v1/images/{ref}/grants",
  operationId: "listImageGrants",
  tags,
  scope: "read",
  summary: "Who may look at or use an image of one's own",
  request: { params: ImageParams },
  responses: { 200: json(Given, "Its grants, newest first") },
  problems: ["image_not_found"],
});
export const revokeImageGrant = route({
  method: "delete",
  path: "/v1/images/{ref}/grants/{grant}",
  operationId: "revokeImageGrant",
  tags,
  scope: "write",
  summary: "Take an image back; containers that were made from it stay",
  request: { params: ImageParams.extend(GrantId) },
  responses: { 204: { description: "Revoked" } },
  problems: ["image_not_found", "grant_not_found"],
});
export const grantVolume = route({
  method: "post",
  path: "/v1/volumes/{ref}/grants",
  operationId: "grantVolume",
  tags,
  scope: "write",
  summary: "Let another user read a volume, or write to it",
  description:
    "`read`: mount it read-only, read its files. `use`: also write. They name it by id or as `@owner/name`, and cannot grant it on. It counts for its owner's quota alone.",
  request: { params: VolumeParams, headers: PostHeaders, body: body(CreateGrant) },
  responses: { 201: json(Grant, "The grant") },
  problems: ["volume_not_found", "user_not_found", "name_taken"],
});
export const listVolumeGrants = route({
  method: "get",
  path: "/v1/volumes/{ref}/grants",
  operationId: "listVolumeGrants",
  tags,
  scope: "read",
  summary: "Who may read or write a volume of one's own",
  request: { params: VolumeParams },
  responses: { 200: json(Given, "Its grants, newest first") },
  problems: ["volume_not_found"],
});
export const revokeVolumeGrant = route({
  method: "delete",
  path: "/v1/volumes/{ref}/grants/{grant}",
  operationId: "revokeVolumeGrant",
  tags,
  scope: "write",
  summary: "Take a volume back; containers that mount it by the grant are killed, and do not start again",
  request: { params: VolumeParams.extend(GrantId) },
  responses: { 204: { description: "Revoked" } },
  problems: ["volume_not_found", "grant_not_found"],
});
export const listReceivedGrants = route({
  method: "get",
  path: "/v1/grants",
  operationId: "listReceivedGrants",
  tags,
  scope: "read",
  summary: "What other users let one look at or use",
  request: { query: ListQuery },
  responses: { 200: json(listOf(Grant, "GrantList"), "Grants, newest first") },
});
