import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

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
  bases: z.array(
    z.object({ reference: z.string(), imageId: z.string(), digest: z.string(), source: z.enum(["own", "catalog"]) }),
  ),
  usedBy: z.array(z.object({ id: z.string(), name: z.string() })).describe("The asking user's containers"),
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
  command: z.string().max(4096).optional().describe("For a root file system: CMD, as a JSON array"),
});
