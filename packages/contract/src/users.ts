import { z } from "@hono/zod-openapi";
import { Name, Time } from "./conventions.ts";
import { ROLES, SCOPES } from "./lifecycle.ts";

/** What a user may hold at one time. */
const Count = z.number().int().min(0).max(1_000_000_000);
export const Quota = z
  .object({
    containers: Count.describe("Containers in any state"),
    running: Count.describe("Containers that should run"),
    cpus: z.number().min(0).describe("Sum over containers that should run"),
    memoryBytes: z.number().int().min(0).describe("Sum over containers that should run"),
    volumes: Count,
    images: Count,
    builds: Count.describe("Builds queued or running"),
  })
  .openapi("Quota");
export type Quota = z.infer<typeof Quota>;

export const User = z
  .object({ id: z.string(), name: z.string(), role: z.enum(ROLES), createdAt: Time })
  .openapi("User");
export type User = z.infer<typeof User>;

export const CreateUser = z
  .strictObject({ name: Name, role: z.enum(ROLES).optional(), quota: Quota.partial().strict().optional() })
  .openapi("CreateUser");
export type CreateUser = z.infer<typeof CreateUser>;

export const CreatedUser = User.extend({
  apiKey: z.string().describe("Shown this once"),
}).openapi("CreatedUser");

export const Me = User.extend({
  quota: Quota,
  usage: Quota,
  egressBytes: z.number().int().describe("Sent by containers to addresses outside in the last 30 days"),
  scopes: z.array(z.enum(SCOPES)),
}).openapi("Me");
export type Me = z.infer<typeof Me>;

export const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: Time,
    expiresAt: Time.nullable(),
    lastUsedAt: Time.nullable(),
  })
  .openapi("Key");
export type Key = z.infer<typeof Key>;

export const CreateKey = z
  .strictObject({
    name: Name,
    scopes: z.array(z.enum(SCOPES)).min(1).optional().describe("Default: those of the key that asks"),
    expiresAt: Time.optional().describe("Default: when the key that asks expires; never later"),
  })
  .openapi("CreateKey");
export type CreateKey = z.infer<typeof CreateKey>;
export const CreatedKey = Key.extend({ apiKey: z.string().describe("Shown this once") }).openapi("CreatedKey");
