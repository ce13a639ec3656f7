import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";
import { BUILD_STATES, STATES, VOLUME_STATES } from "./lifecycle.ts";

const Bytes = z.number().int();
const Measured = Bytes.nullable().describe("null: not measured, as where the host does not answer");
const Reclaimable = Bytes.describe("What removing all that is not in use would free");
const itemised = <T extends z.ZodType>(item: T) => z.array(item).nullable().describe("null without verbose");

export const ImageUse = z
  .object({
    id: z.string(),
    tags: z.array(z.string()),
    digest: z.string(),
    sizeBytes: Bytes,
    sharedBytes: Bytes.describe("In layers that another image of one's own or of the catalog has, too"),
    uniqueBytes: Bytes.describe("In layers that only this one has: what removing it frees"),
    containers: z.number().int().describe("The asking user's that are made from it"),
    createdAt: Time,
  })
  .openapi("ImageUse");
export const ContainerUse = z
  .object({
    id: z.string(),
    name: z.string(),
    image: z.string(),
    state: z.enum(STATES),
    writableBytes: Measured,
    mounts: z.number().int().describe("Volumes it mounts"),
    createdAt: Time,
  })
  .openapi("ContainerUse");
export const VolumeUse = z
  .object({
    id: z.string(),
    name: z.string(),
    anonymous: z.boolean(),
    state: z.enum(VOLUME_STATES),
    usedBytes: Measured,
    containers: z.number().int().describe("Those that mount it, running or not"),
  })
  .openapi("VolumeUse");
export const BuildUse = z
  .object({
    id: z.string(),
    tag: z.string().nullable(),
    state: z.enum(BUILD_STATES),
    logBytes: Bytes.describe("As kept: compressed"),
    contextBytes: Bytes.describe("Of its upload, while that is kept: until it has ended"),
    createdAt: Time,
  })
  .openapi("BuildUse");

/** What the asking user's things take, as `docker system df` says it. */
export const DiskUsage = z
  .object({
    images: z.object({
      count: z.number().int(),
      inUse: z.number().int().describe("Those that a container is made from"),
      bytes: Bytes.describe("Each layer counted once"),
      reclaimableBytes: Reclaimable,
      items: itemised(ImageUse),
    }),
    containers: z.object({
      count: z.number().int(),
      running: z.number().int().describe("Paused and restarting ones, too"),
      writableBytes: Bytes,
      reclaimableBytes: Reclaimable,
      items: itemised(ContainerUse),
    }),
    volumes: z.object({
      count: z.number().int(),
      inUse: z.number().int().describe("Those that a container mounts"),
      usedBytes: Bytes,
      reclaimableBytes: Reclaimable,
      items: itemised(VolumeUse),
    }),
    builds: z.object({
      count: z.number().int(),
      open: z.number().int().describe("Queued or running"),
      logBytes: Bytes,
      contextBytes: Bytes,
      reclaimableBytes: Reclaimable,
      items: itemised(BuildUse),
    }),
    unreachable: z
      .array(z.object({ host: z.string(), detail: z.string() }))
      .describe("Hosts whose bytes are missing above, and why"),
  })
  .openapi("DiskUsage");
export type DiskUsage = z.infer<typeof DiskUsage>;
