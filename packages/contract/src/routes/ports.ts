import { z } from "@hono/zod-openapi";
import { DeclaredPort } from "../containers.ts";
import { json, listOf, ListQuery, PostHeaders, Ref, route, decimal } from "../conventions.ts";
import { CreatedLink, CreateLink, PortControl, PortLink } from "../ports.ts";

const tags = ["ports"];
const Params = z.object({ ref: Ref });
const PortParams = Params.extend({ port: decimal(DeclaredPort.shape.container) });

export const createLink = route({
  method: "post",
  path: "/v1/containers/{ref}/ports/{port}/links",
  operationId: "createPortLink",
  tags,
  scope: "write",
  summary: "Make a link that lets whoever has it into one declared port, until it ends or is revoked",
  request: {
    params: PortParams,
    headers: PostHeaders,
    body: { content: { "application/json": { schema: CreateLink } }, required: false },
  },
  responses: { 201: json(CreatedLink, "The link, with its url and token shown once") },
  problems: ["container_not_found", "port_not_found", "secret_shown_once"],
});
export const listLinks = route({
  method: "get",
  path: "/v1/containers/{ref}/links",
  operationId: "listPortLinks",
  tags,
  scope: "read",
  summary: "List the links into a container's ports that are neither over nor revoked",
  request: { params: Params, query: ListQuery },
  responses: { 200: json(listOf(PortLink, "PortLinkList"), "Links, newest first, without their tokens") },
  problems: ["container_not_found"],
});
export const revokeLink = route({
  method: "delete",
  path: "/v1/containers/{ref}/links/{link}",
  operationId: "revokePortLink",
  tags,
  scope: "write",
  summary: "Revoke a link; what it had opened is cut",
  request: { params: Params.extend({ link: Ref }) },
  responses: { 204: { description: "Revoked" } },
  problems: ["container_not_found", "link_not_found"],
});
export const connectPort = route({
  method: "get",
  path: "/v1/containers/{ref}/ports/{port}/connect",
  operationId: "connectPort",
  tags,
  scope: "write",
  summary: "A connection to any TCP port in it, as a WebSocket",
  description:
    "Binary messages of at most 1 MiB are the bytes; an empty one is the end of its sender's bytes, after which the other side may " +
    "send on. With `window` the server sends at most so many bytes more than the client has acknowledged by text messages (PortControl). " +
    "Refusals are plain HTTP answers before the upgrade. Close codes: 1000 both sides have ended, 1003 a text message that is no PortControl, " +
    "1008 the key is no longer valid, 1009 too long, 1011 the connection broke, 1012 the service restarts.",
  request: {
    params: PortParams,
    query: z.object({
      window: decimal(
        z
          .number()
          .int()
          .min(64 * 1024)
          .max(64 * 1024 * 1024)
          .optional(),
      ).describe("In bytes; without it the connection's own pace"),
    }),
  },
  responses: {
    101: {
      description: "The WebSocket; what its text messages are",
      content: { "application/json": { schema: PortControl } },
    },
  },
  problems: [
    "container_not_found",
    "container_wrong_state",
    "upgrade_required",
    "origin_refused",
    "too_many_streams",
    "port_unreachable",
    "host_unreachable",
  ],
});
