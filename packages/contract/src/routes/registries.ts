import { z } from "@hono/zod-openapi";
import { body, json, route } from "../conventions.ts";
import { RegistryCredential, StoreCredential } from "../registries.ts";

const tags = ["registries"];
const Params = z.object({
  registry: z.string().min(1).max(300).describe("Its host, or host:port; docker.io for Docker's"),
});

export const listRegistries = route({
  method: "get",
  path: "/v1/registries",
  operationId: "listRegistries",
  tags,
  scope: "read",
  summary: "The registries that one has stored credentials for, without the secrets",
  responses: {
    200: json(z.object({ items: z.array(RegistryCredential) }).openapi("RegistryList"), "By name"),
  },
});
export const storeRegistry = route({
  method: "put",
  path: "/v1/registries/{registry}",
  operationId: "storeRegistry",
  tags,
  scope: "write",
  summary: "Store what one shows a registry, in place of what was stored before",
  request: { params: Params, body: body(StoreCredential) },
  responses: { 200: json(RegistryCredential, "Stored") },
  problems: ["registry_not_allowed", "reference_invalid", "secrets_unavailable"],
});
export const removeRegistry = route({
  method: "delete",
  path: "/v1/registries/{registry}",
  operationId: "removeRegistry",
  tags,
  scope: "write",
  summary: "Forget one's credentials for a registry",
  request: { params: Params },
  responses: { 204: { description: "Forgotten" } },
  problems: ["registry_not_found", "reference_invalid"],
});
