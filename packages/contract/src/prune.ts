import { z } from "@hono/zod-openapi";
import { Ref } from "./conventions.ts";

const OlderThan = z.number().int().min(0).max(315_360_000).optional();
const Labels = z
  .array(z.string().min(1).max(1200))
  .min(1)
  .max(16)
  .optional()
  .describe("key or key=value; only what has all of them");
/** `true`: without further conditions. */
const orTrue = <T extends z.ZodType>(schema: T) => z.union([z.literal(true), schema]).optional();

export const Prune = z
  .strictObject({
    containers: orTrue(
      z.strictObject({ olderThanSeconds: OlderThan.describe("Since they were made"), labels: Labels }),
    ).describe("Those that are created, exited or failed. Their volumes are kept"),
    images: orTrue(
      z.strictObject({
        all: z.boolean().optional().describe("Also those with a tag. None that a container is made from goes"),
        olderThanSeconds: OlderThan.describe("Since they were made"),
        labels: Labels,
      }),
    ).describe("Those without a tag. None of the catalog goes"),
    volumes: z
      .union([z.literal(true), z.array(Ref).min(1).max(200)])
      .optional()
      .describe("true: those that nothing mounts and that hold nothing. With their data only those that are named"),
    builds: orTrue(
      z.strictObject({ olderThanSeconds: OlderThan.describe("Since they ended"), labels: Labels }),
    ).describe("Those that have ended, with their logs"),
    dryRun: z.boolean().optional().describe("Say what would go, and remove nothing"),
  })
  .refine(({ containers, images, volumes, builds }) => (containers ?? images ?? volumes ?? builds) !== undefined, {
    message: "name what to prune: containers, images, volumes or builds",
  })
  .openapi("Prune");
export type Prune = z.infer<typeof Prune>;

export const PruneItem = z
  .object({
    kind: z.enum(["container", "image", "volume", "build"]),
    id: z.string(),
    name: z.string(),
    bytes: z
      .number()
      .int()
      .nullable()
      .describe("What it frees, after those before it in the list are gone; null: not measured"),
    why: z.string(),
  })
  .openapi("PruneItem");
export type PruneItem = z.infer<typeof PruneItem>;

export const Pruned = z
  .object({
    removed: z.array(PruneItem).describe("With dryRun: what would go"),
    kept: z.array(PruneItem).describe("What else there is of the kinds asked for, and why it stays"),
    reclaimedBytes: z.number().int().describe("What came back; 0 with dryRun"),
    reclaimableBytes: z.number().int().describe("What all of `removed` amounts to, with dryRun too"),
  })
  .openapi("Pruned");
export type Pruned = z.infer<typeof Pruned>;
