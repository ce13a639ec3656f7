import { z } from "@hono/zod-openapi";
import { IdOrName, Name, Time } from "./conventions.ts";
import { Target } from "./paths.ts";

export const SECRET_BYTES = 64 * 1024;
export const SECRETS_PER_USER = 100;
export const SECRETS_PER_CONTAINER = 16;
/** Where a secret without a target is, as in swarm: below here, under its own name. */
export const SECRETS_DIRECTORY = "/run/secrets";

export const StoreSecret = z
  .strictObject({
    value: z
      .string()
      .max(2 * SECRET_BYTES)
      .describe("At most 64 KiB once decoded; never shown again"),
    encoding: z.enum(["utf8", "base64"]).optional().describe("Of the value; default utf8"),
  })
  .openapi("StoreSecret");
export type StoreSecret = z.infer<typeof StoreSecret>;

export const Secret = z
  .object({
    id: z.string(),
    name: Name,
    version: z.number().int().describe("Rises each time that a value is stored"),
    sizeBytes: z.number().int(),
    usedBy: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          version: z.number().int().nullable().describe("Which one it got at its latest start; null: not yet started"),
        }),
      )
      .describe("The containers that are given it"),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Secret");
export type Secret = z.infer<typeof Secret>;

const Id = z.number().int().min(0).max(65_535);
/** A secret as a file in memory. */
export const SecretRequest = z
  .strictObject({
    name: IdOrName.describe("A secret's id or name"),
    target: Target.optional().describe("Default /run/secrets/ and the name"),
    uid: Id.optional().describe("Who owns the file, as the container sees it; default 0"),
    gid: Id.optional().describe("Default 0"),
    mode: z
      .string()
      .regex(/^0?[0-7]{3}$/, "octal permissions such as 400")
      .optional()
      .describe("In octal; default 444"),
  })
  .openapi("SecretRequest");
export type SecretRequest = z.infer<typeof SecretRequest>;

export const ContainerSecret = z
  .object({
    id: z.string(),
    name: z.string(),
    target: z.string(),
    uid: z.number().int(),
    gid: z.number().int(),
    mode: z.string().describe("In octal"),
    version: z.number().int().nullable().describe("Which one it got at its latest start; null: not yet started"),
  })
  .openapi("ContainerSecret");
export type ContainerSecret = z.infer<typeof ContainerSecret>;
