import { z } from "@hono/zod-openapi";
import { body, json, listOf, ListQuery, PostHeaders, PreferHeader, route } from "../conventions.ts";
import { CloneVolume, CreateVolume, Volume, VolumeRef } from "../volumes.ts";

const tags = ["volumes"];
const Params = z.object({ ref: VolumeRef });

export const createVolume = route({
  method: "post",
  path: "/v1/volumes",
  operationId: "createVolume",
  tags,
  scope: "write",
  summary: "Make a named volume; a host makes it real when it is first mounted or written",
  request: { headers: PostHeaders, body: body(CreateVolume) },
  responses: { 201: json(Volume, "The volume") },
  problems: ["name_taken", "quota_exceeded"],
});
export const listVolumes = route({
  method: "get",
  path: "/v1/volumes",
  operationId: "listVolumes",
  tags,
  scope: "read",
  summary: "List volumes",
  request: { query: ListQuery },
  responses: { 200: json(listOf(Volume, "VolumeList"), "Volumes, newest first") },
});
export const getVolume = route({
  method: "get",
  path: "/v1/volumes/{ref}",
  operationId: "getVolume",
  tags,
  scope: "read",
  summary: "One volume and who mounts it",
  request: {
    params: Params,
    query: z.object({ size: z.enum(["true", "false"]).optional().describe("With how much it holds") }),
  },
  responses: { 200: json(Volume, "The volume") },
  problems: ["volume_not_found", "host_unreachable"],
});
export const removeVolume = route({
  method: "delete",
  path: "/v1/volumes/{ref}",
  operationId: "removeVolume",
  tags,
  scope: "write",
  summary: "Remove a volume and its data",
  request: { params: Params, headers: PreferHeader },
  responses: { 202: json(Volume, "Going"), 200: json(Volume, "With Prefer: wait: gone") },
  problems: ["volume_not_found", "volume_in_use"],
});
export const cloneVolume = route({
  method: "post",
  path: "/v1/volumes/{ref}/clone",
  operationId: "cloneVolume",
  tags,
  scope: "write",
  summary: "Make a volume with the data of this one",
  description:
    "The source may be in use: it is copied as it is, as `cp -a` copies a directory that is written meanwhile; stop what writes to it for a " +
    "copy of one moment. Until the clone is ready it cannot be mounted, and its source not be removed. One that cannot be made goes, and " +
    "its event `volume.failed` says why. At most 64 GiB, holes in files counted.",
  request: { params: Params, headers: PostHeaders, body: body(CloneVolume) },
  responses: {
    202: json(Volume, "Its data are being copied"),
    200: json(Volume, "With Prefer: wait, or without data to copy: it is whole"),
  },
  problems: [
    "volume_not_found",
    "volume_copying",
    "volume_changing",
    "volume_lost",
    "tar_entry_refused",
    "file_too_large",
    "disk_full",
    "name_taken",
    "quota_exceeded",
  ],
});
