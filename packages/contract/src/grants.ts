import { z } from "@hono/zod-openapi";
import { Ref, Time } from "./conventions.ts";
import { ACCESS } from "./lifecycle.ts";

/** Another user's thing by their name and theirs for it. */
export const GrantedName = z
  .string()
  .max(1100)
  .regex(/^@[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}\/[^\0]+$/, "@owner/name");

export const Grant = z
  .object({
    id: z.string(),
    owner: z.string().describe("The name of the user whose it is"),
    grantee: z.string().describe("The name of the user who may"),
    type: z.enum(["image", "volume"]),
    subject: z.string().describe("The image's or the volume's id"),
    names: z.array(z.string()).describe("As the grantee may name it: @owner/name"),
    access: z
      .enum(ACCESS)
      .describe("read: look at it, mount it read-only, read its files; use: all but changing what it is"),
    createdAt: Time,
  })
  .openapi("Grant");
export type Grant = z.infer<typeof Grant>;

export const CreateGrant = z
  .strictObject({ user: Ref.describe("Whom: the name or id of a user"), access: z.enum(ACCESS) })
  .openapi("CreateGrant");
export type CreateGrant = z.infer<typeof CreateGrant>;
