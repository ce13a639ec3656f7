import { z } from "@hono/zod-openapi";
import { Labels, Time, orNull } from "./conventions.ts";
import {
  BASE_SOURCES,
  BUILD_FAILURES,
  BUILD_KINDS,
  BUILD_STATES,
  REGISTRY_FAILURES,
  STEP_STATES,
} from "./lifecycle.ts";

const BuildArgs = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "a variable name"), z.string().max(32 * 1024))
  .refine((args) => Object.keys(args).length <= 128, "at most 128 build arguments");

export const BuildOptions = z.object({
  tag: z.string().max(300).optional().describe("The user's name for the image, as app or team/app:1"),
  dockerfile: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      "Its path in the context; default Dockerfile. One named .dockerfile.<hex> is only sent along: no COPY sees it",
    ),
  target: z.string().max(128).optional(),
  noCache: z.boolean().optional(),
  buildArgs: BuildArgs.optional(),
  labels: Labels.optional(),
});
export type BuildOptions = z.infer<typeof BuildOptions>;

/** The same in the query of a tar upload; `buildArgs` and `labels` are JSON objects there. */
export const BuildQuery = z.object({
  tag: BuildOptions.shape.tag,
  dockerfile: BuildOptions.shape.dockerfile,
  target: BuildOptions.shape.target,
  noCache: z.enum(["true", "false"]).optional(),
  buildArgs: z
    .string()
    .max(256 * 1024)
    .optional()
    .describe("A JSON object"),
  labels: z
    .string()
    .max(128 * 1024)
    .optional()
    .describe("A JSON object"),
});

export const InlineBuild = BuildOptions.extend({
  files: z
    .record(z.string().min(1).max(1024), z.base64())
    .describe("Path to contents in base64; one of them the Dockerfile"),
})
  .strict()
  .openapi("InlineBuild");
export type InlineBuild = z.infer<typeof InlineBuild>;

export const BuildStep = z
  .object({
    number: z.number().int(),
    instruction: z.string(),
    state: z.enum(STEP_STATES),
    cached: z.boolean(),
    sizeBytes: z.number().int().nullable().describe("What its layer adds"),
    startedAt: Time,
    finishedAt: Time.nullable(),
  })
  .openapi("BuildStep");

export const BuildBase = z
  .object({
    reference: z.string().describe("As the Dockerfile names it"),
    imageId: z.string().nullable().describe("null for one out of a registry"),
    digest: z.string().describe("The image it was pinned to; for one out of a registry, its manifest there"),
    source: z.enum(BASE_SOURCES),
  })
  .openapi("BuildBase");

export const BuildFailure = z
  .object({
    code: z.enum(BUILD_FAILURES),
    detail: z.string(),
    reason: z.enum(REGISTRY_FAILURES).optional().describe("For registry_failed"),
    exitCode: z.number().int().optional(),
    step: z.number().int().optional(),
    lastLines: z.array(z.string()).optional(),
  })
  .openapi("BuildFailure");
export type BuildFailure = z.infer<typeof BuildFailure>;

export const Build = z
  .object({
    id: z.string(),
    kind: z.enum(BUILD_KINDS),
    state: z.enum(BUILD_STATES),
    tag: z.string().nullable(),
    tags: z.array(z.string()).describe("All names that the image gets; several only out of an archive"),
    dockerfile: z.string(),
    target: z.string().nullable(),
    buildArgs: z.record(z.string(), z.string()),
    labels: z.record(z.string(), z.string()),
    noCache: z.boolean(),
    contextDigest: z.string().nullable().describe("null where nothing was uploaded: commit, pull, push"),
    contextBytes: z.number().int().nullable(),
    containerId: z.string().nullable().describe("What a commit keeps"),
    reference: z.string().nullable().describe("What is pulled, or where to it is pushed"),
    imageId: z.string().nullable(),
    failure: orNull(BuildFailure),
    queuePosition: z.number().int().nullable().describe("Builds before it; null once it runs"),
    attempt: z.number().int().describe("Over 1 when a worker died in the middle and it was begun again"),
    bases: z.array(BuildBase),
    steps: z.array(BuildStep),
    host: z.string().nullable(),
    createdAt: Time,
    startedAt: Time.nullable(),
    finishedAt: Time.nullable(),
  })
  .openapi("Build");
export type Build = z.infer<typeof Build>;

export const BuildSummary = Build.omit({ bases: true, steps: true }).openapi("BuildSummary");
export type BuildSummary = z.infer<typeof BuildSummary>;

export const BuildLogLine = z
  .object({
    id: z.number().int().describe("Give it as Last-Event-ID to go on after it"),
    stream: z.enum(["stdout", "stderr", "status"]),
    text: z.string(),
    at: Time,
  })
  .openapi("BuildLogLine");
export type BuildLogLine = z.infer<typeof BuildLogLine>;
