import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";
import { BASE_SOURCES } from "./lifecycle.ts";

/** A command that tells whether a container is well: exit code 0 says yes. */
export const Healthcheck = z
  .object({
    test: z
      .array(z.string().max(32 * 1024))
      .min(1)
      .max(256)
      .describe('Docker\'s form: ["CMD", …] as it is, or ["CMD-SHELL", "…"] by /bin/sh'),
    intervalSeconds: z.number().min(0).max(86_400).optional().describe("Default 30; at least 2"),
    timeoutSeconds: z.number().min(0).max(3_600).optional().describe("Default 30; at least 1"),
    startPeriodSeconds: z
      .number()
      .min(0)
      .max(86_400)
      .optional()
      .describe("Failures until then do not count; default 0"),
    retries: z.number().int().min(0).max(100).optional().describe("So many failures in a row are unhealthy; default 3"),
  })
  .openapi("Healthcheck");
export type Healthcheck = z.infer<typeof Healthcheck>;

export const ImageConfig = z
  .object({
    entrypoint: z.array(z.string()),
    command: z.array(z.string()),
    env: z.array(z.string()),
    workingDir: z.string(),
    user: z.string(),
    exposedPorts: z.array(z.string()),
    volumes: z.array(z.string()),
    labels: z.record(z.string(), z.string()),
    onBuild: z.array(z.string()),
    stopSignal: z.string().optional(),
    healthcheck: Healthcheck.optional(),
  })
  .openapi("ImageConfig");
export type ImageConfig = z.infer<typeof ImageConfig>;

export const ImageSummary = z
  .object({
    id: z.string(),
    tags: z.array(z.string()),
    digest: z.string().describe("sha256 of the image's configuration: Docker's image id"),
    sizeBytes: z.number().int(),
    catalog: z.boolean().describe("Offered to everyone by an admin"),
    createdAt: Time,
  })
  .openapi("ImageSummary");
export type ImageSummary = z.infer<typeof ImageSummary>;

export const Image = ImageSummary.extend({
  architecture: z.string(),
  os: z.string(),
  config: ImageConfig,
  layers: z.array(z.string()).describe("Digests of the layers' uncompressed contents, base first"),
  buildId: z.string().nullable(),
  bases: z
    .array(
      z.object({
        reference: z.string(),
        imageId: z.string().nullable(),
        digest: z.string(),
        source: z.enum(BASE_SOURCES),
      }),
    )
    .nullable()
    .describe("null: the build that recorded them was removed"),
  sharedBytes: z.number().int().describe("In layers that another image of one's own or of the catalog has, too"),
  uniqueBytes: z.number().int().describe("In layers that only this one has: what removing it frees"),
  usedBy: z.array(z.object({ id: z.string(), name: z.string() })).describe("The asking user's containers"),
  manifestDigest: z
    .string()
    .nullable()
    .describe("What the registry that it was pulled from or pushed to last calls it; null for one of no registry"),
  host: z.string(),
}).openapi("Image");
export type Image = z.infer<typeof Image>;

export const HistoryEntry = z
  .object({
    position: z.number().int().describe("0 is the newest"),
    imageDigest: z.string().nullable().describe("null where there is no image (<missing>)"),
    createdBy: z.string(),
    sizeBytes: z.number().int(),
    comment: z.string(),
    createdAt: Time,
  })
  .openapi("HistoryEntry");
export type HistoryEntry = z.infer<typeof HistoryEntry>;

export const TagImage = z.strictObject({ tag: z.string().min(1).max(300) }).openapi("TagImage");
export const RemovedImage = z
  .object({ untagged: z.array(z.string()), deleted: z.boolean().describe("Whether the image went with its last tag") })
  .openapi("RemovedImage");

export const ImportQuery = z.object({
  tag: z.string().max(300).optional(),
  catalog: z.enum(["true", "false"]).optional().describe("Offer it to everyone; admins only"),
  keepTags: z.enum(["true", "false"]).optional().describe("Give it the names that the docker save archive has for it"),
  command: z.string().max(4096).optional().describe("For a root file system: CMD, as a JSON array"),
  changes: z
    .string()
    .max(64 * 1024)
    .optional()
    .describe("For a root file system: Dockerfile instructions for its configuration, as a JSON array"),
});

export const Changes = z
  .array(z.string().min(1).max(4096))
  .max(64)
  .describe("Dockerfile instructions for the configuration: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, …");

export const CommitContainer = z
  .strictObject({
    tag: z.string().max(300).optional().describe("The user's name for the image"),
    message: z.string().max(1024).optional(),
    author: z.string().max(256).optional(),
    changes: Changes.optional(),
    pause: z.boolean().optional().describe("Stand it still meanwhile; default true"),
  })
  .openapi("CommitContainer");
export type CommitContainer = z.infer<typeof CommitContainer>;

const Reference = z.string().min(1).max(512);
export const PullImage = z
  .strictObject({
    reference: Reference.describe("As docker pull takes it: debian:bookworm, ghcr.io/team/app:1, …@sha256:…"),
    tag: z.string().max(300).optional().describe("The user's name for it; default: the reference"),
    platform: z
      .string()
      .regex(/^[a-z0-9]+(\/[a-z0-9_]+){1,2}$/, "a platform such as linux/amd64")
      .optional(),
  })
  .openapi("PullImage");
export type PullImage = z.infer<typeof PullImage>;

export const PushImage = z
  .strictObject({ reference: Reference.describe("Where to: ghcr.io/team/app:1") })
  .openapi("PushImage");
export type PushImage = z.infer<typeof PushImage>;
