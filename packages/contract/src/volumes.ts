import { z } from "@hono/zod-openapi";
import { Labels, Name, Time } from "./conventions.ts";
import { VOLUME_STATES } from "./lifecycle.ts";

export const CreateVolume = z.strictObject({ name: Name, labels: Labels.optional() }).openapi("CreateVolume");
export type CreateVolume = z.infer<typeof CreateVolume>;

export const Volume = z
  .object({
    id: z.string(),
    name: z.string(),
    anonymous: z.boolean(),
    state: z.enum(VOLUME_STATES).describe("pending: made on a host when first mounted"),
    labels: z.record(z.string(), z.string()),
    host: z.string().nullable(),
    mountedBy: z.array(z.object({ id: z.string(), name: z.string(), target: z.string(), readOnly: z.boolean() })),
    createdAt: Time,
    usedBytes: z
      .number()
      .int()
      .nullable()
      .describe("With ?size=true: what its files hold, up to 10 s ago; null: not measured"),
  })
  .openapi("Volume");
export type Volume = z.infer<typeof Volume>;
