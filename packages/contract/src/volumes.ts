import { z } from "@hono/zod-openapi";
import { HostPath } from "./containers.ts";
import { Labels, Name, NAME_RULE, Time } from "./conventions.ts";
import { VOLUME_STATES } from "./lifecycle.ts";

const VolumeName = z
  .union([Name, HostPath], {
    error: `must be a name (${NAME_RULE}; not what looks like an id), or an absolute path other than /, without . and .., of at most 1024 bytes`,
  })
  .describe("A name, or a path of one's own virtual host tree, as /home/frank/cdata");
export const CreateVolume = z.strictObject({ name: VolumeName, labels: Labels.optional() }).openapi("CreateVolume");
export type CreateVolume = z.infer<typeof CreateVolume>;

export const VolumeRef = z
  .string()
  .min(1)
  .max(1024)
  .describe("A volume's id, its name, or its path in the virtual host tree, percent-encoded");
export const CloneVolume = z.strictObject({ name: VolumeName, labels: Labels.optional() }).openapi("CloneVolume");
export type CloneVolume = z.infer<typeof CloneVolume>;

export const Volume = z
  .object({
    id: z.string(),
    name: z.string().describe("For one of the virtual host tree: its path"),
    anonymous: z.boolean(),
    hostPath: z.string().nullable().describe("Its path in the user's virtual host tree, if it is one of those"),
    state: z
      .enum(VOLUME_STATES)
      .describe("pending: made on a host when first mounted or written; copying: gets the data of sourceId"),
    sourceId: z.string().nullable().describe("While it is copying: the volume whose data it gets"),
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
