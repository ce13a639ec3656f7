import { z } from "@hono/zod-openapi";
import { Name, Time } from "./conventions.ts";
import { ROLES, SCOPES, USER_STATES } from "./lifecycle.ts";

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
    pids: Count.describe("Sum over containers that should run"),
    imageBytes: z.number().int().min(0).describe("Sum of the unpacked images; layers that images share count in each"),
    buildMinutes: Count.describe("Of the last 30 days. An open build counts for at least one"),
    streams: Count.describe("Open at once in one api process: logs, events, sessions, connections, copies, uploads"),
    keys: Count.describe("Neither revoked nor expired"),
  })
  .openapi("Quota");
export type Quota = z.infer<typeof Quota>;

export const EGRESS = ["none", "allow-list", "internet"] as const;
/** What is absent bounds nothing beyond what the installation allows everybody. */
export const Policy = z
  .strictObject({
    runtimes: z
      .array(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/, "the name of an OCI runtime"))
      .min(1)
      .max(16)
      .optional()
      .describe("The only OCI runtimes that may be asked for"),
    egress: z.enum(EGRESS).optional().describe("The widest way out of a container"),
    profile: z.literal("restricted").optional().describe("Every container is made with it"),
  })
  .openapi("Policy", { description: "The widest that a user may use" });
export type Policy = z.infer<typeof Policy>;

/** What a user owns, by kind: how many rows, and the bytes that are known without a look at the disks. */
export const Owned = z
  .object({
    containers: z.number().int(),
    volumes: z.number().int(),
    images: z.number().int(),
    imageBytes: z.number().int(),
    builds: z.number().int(),
    contextBytes: z.number().int().describe("Uploads, as they are stored"),
    keys: z.number().int(),
    links: z.number().int(),
    registries: z.number().int(),
  })
  .openapi("Owned");
export type Owned = z.infer<typeof Owned>;

export const Removal = z
  .object({
    requestedAt: Time,
    by: z.string().describe("The admin who asked"),
    found: Owned.describe("What there was"),
  })
  .openapi("Removal");
export type Removal = z.infer<typeof Removal>;

export const User = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    state: z.enum(USER_STATES),
    createdAt: Time,
  })
  .openapi("User");
export type User = z.infer<typeof User>;

export const UserDetail = User.extend({
  policy: Policy,
  quota: Quota,
  usage: Quota.describe("Open streams are not counted here: each api knows its own"),
  removal: Removal.extend({ left: Owned, removedAt: Time.nullable() })
    .nullable()
    .describe("Of one that goes or is gone: what there was, and what is left of it"),
}).openapi("UserDetail");
export type UserDetail = z.infer<typeof UserDetail>;

const QuotaChange = Quota.partial().strict();
export const CreateUser = z
  .strictObject({
    name: Name,
    role: z.enum(ROLES).optional(),
    quota: QuotaChange.optional(),
    policy: Policy.optional(),
  })
  .openapi("CreateUser");
export type CreateUser = z.infer<typeof CreateUser>;

export const UpdateUser = z
  .strictObject({
    role: z.enum(ROLES).optional(),
    quota: QuotaChange.optional().describe("What it does not name stays. Lower than what is held: nothing new is made"),
    policy: Policy.optional().describe("In place of the one before"),
  })
  .refine((change) => Object.keys(change).length > 0, "say what is to change")
  .openapi("UpdateUser");
export type UpdateUser = z.infer<typeof UpdateUser>;

export const UpdatedUser = UserDetail.extend({
  apiKey: z.string().optional().describe("Of a user who becomes an admin: a key with the scope admin, shown this once"),
}).openapi("UpdatedUser");
export type UpdatedUser = z.infer<typeof UpdatedUser>;

export const CreatedUser = User.extend({
  apiKey: z.string().describe("Shown this once"),
}).openapi("CreatedUser");

export const Me = User.extend({
  egressBytes: z.number().int().describe("Sent by containers to addresses outside in the last 30 days"),
  policy: Policy,
  quota: Quota,
  usage: Quota,
  left: Quota.describe("What may still be taken; never below 0"),
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
