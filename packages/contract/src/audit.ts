import { z } from "@hono/zod-openapi";
import { ListQuery, Time } from "./conventions.ts";
import { AUDIT_OUTCOMES } from "./lifecycle.ts";

export const AuditLine = z
  .object({
    id: z.string().describe("Rises with time"),
    at: Time,
    userId: z.string().nullable().describe("Who; null where a key was refused, and nobody knows whose it was"),
    keyId: z.string().nullable().describe("With which key; null for what Hafen does itself"),
    address: z.string().nullable().describe("From where; null for what Hafen does itself"),
    requestId: z.string().nullable(),
    action: z.string().describe("As container.create; authenticate for a key that was refused"),
    subject: z.string().describe("The id of what was changed; of a refused request, its path"),
    outcome: z.enum(AUDIT_OUTCOMES),
    detail: z.record(z.string(), z.unknown()).describe("code: why it was refused; more: how many further ones like it"),
  })
  .openapi("AuditLine");
export type AuditLine = z.infer<typeof AuditLine>;

export const AuditQuery = ListQuery.extend({
  user: z.string().min(1).max(300).optional().describe("Id or name. Without the scope admin one sees oneself alone"),
  action: z
    .string()
    .regex(/^[a-z]+(\.([a-zA-Z]+)?)?$/, "container.create, or container. for all that begins so")
    .optional(),
  subject: z.string().min(1).max(300).optional(),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  since: Time.optional().describe("From this time on"),
  until: Time.optional().describe("Before this time"),
}).openapi("AuditQuery");
export type AuditQuery = z.infer<typeof AuditQuery>;
