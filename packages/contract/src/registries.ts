import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

export const StoreCredential = z
  .strictObject({
    username: z.string().min(1).max(255),
    password: z.string().min(1).max(8192).describe("Or a token; kept sealed, and shown to nobody but this registry"),
  })
  .openapi("StoreCredential");
export type StoreCredential = z.infer<typeof StoreCredential>;

export const RegistryCredential = z
  .object({ registry: z.string().describe("host or host:port"), username: z.string(), updatedAt: Time })
  .openapi("RegistryCredential");
export type RegistryCredential = z.infer<typeof RegistryCredential>;
