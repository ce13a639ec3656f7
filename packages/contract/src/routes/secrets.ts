import { z } from "@hono/zod-openapi";
import { json, Name, Ref, route } from "../conventions.ts";
import { Secret, StoreSecret } from "../secrets.ts";

const tags = ["secrets"];

export const listSecrets = route({
  method: "get",
  path: "/v1/secrets",
  operationId: "listSecrets",
  tags,
  scope: "read",
  summary: "One's secrets, without their values",
  responses: { 200: json(z.object({ items: z.array(Secret) }).openapi("SecretList"), "By name") },
});
export const getSecret = route({
  method: "get",
  path: "/v1/secrets/{name}",
  operationId: "getSecret",
  tags,
  scope: "read",
  summary: "A secret and who is given it, without its value",
  request: { params: z.object({ name: Ref }) },
  responses: { 200: json(Secret, "The secret") },
  problems: ["secret_not_found"],
});
export const storeSecret = route({
  method: "put",
  path: "/v1/secrets/{name}",
  operationId: "storeSecret",
  tags,
  scope: "write",
  summary: "Store a secret, in place of the value of before",
  description:
    "Containers get the new value when they next start. With `Content-Type: application/octet-stream` the body is the value, at most 64 KiB.",
  request: {
    params: z.object({ name: Name }),
    body: {
      // Else the framework takes every other type for JSON, too.
      required: false,
      content: {
        "application/json": { schema: StoreSecret },
        "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
      },
    },
  },
  responses: { 200: json(Secret, "Stored") },
  problems: ["secrets_unavailable", "body_too_large", "quota_exceeded", "unsupported_media_type"],
});
export const removeSecret = route({
  method: "delete",
  path: "/v1/secrets/{name}",
  operationId: "removeSecret",
  tags,
  scope: "write",
  summary: "Forget a secret that no container is given",
  request: { params: z.object({ name: Ref }) },
  responses: { 204: { description: "Forgotten" } },
  problems: ["secret_not_found", "secret_in_use"],
});
