import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

/** Ways into the ports of a container: links for whoever has them, and what goes over a connection to a port. */

const DAY_SECONDS = 86_400;
export const DEFAULT_LINK_SECONDS = 3_600;

export const CreateLink = z
  .strictObject({
    expiresInSeconds: z
      .number()
      .int()
      .min(1)
      .max(30 * DAY_SECONDS)
      .optional()
      .describe("Default one hour, at most 30 days"),
  })
  .openapi("CreateLink");
export type CreateLink = z.infer<typeof CreateLink>;

export const PortLink = z
  .object({ id: z.string(), port: z.number().int(), createdAt: Time, expiresAt: Time })
  .openapi("PortLink");
export type PortLink = z.infer<typeof PortLink>;
export const CreatedLink = PortLink.extend({
  url: z.string().describe("Opens the port in a browser; whoever has it gets in. Shown once"),
  token: z.string().describe("hfl_…, for programs: the header X-Hafen-Link. Shown once"),
}).openapi("CreatedLink");
export type CreatedLink = z.infer<typeof CreatedLink>;

/** The text messages on a connection to a port; binary ones are its bytes, an empty one the end of its sender's. */
export const PortControl = z
  .strictObject({ type: z.literal("read"), bytes: z.number().int().min(1) })
  .openapi("PortControl");
export type PortControl = z.infer<typeof PortControl>;
