import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

export const HostWarning = z
  .object({
    code: z.string().describe("The hole's public number, CVE-…"),
    component: z.string(),
    version: z.string().describe("What is installed"),
    severity: z.enum(["low", "high"]),
    detail: z.string().describe("What it opens, and which versions have it mended"),
  })
  .openapi("HostWarning");
export type HostWarning = z.infer<typeof HostWarning>;

export const Host = z
  .object({
    id: z.string(),
    name: z.string(),
    live: z.boolean().describe("Its worker holds its lease"),
    leaseExpiresAt: Time,
    capacity: z.object({ cpus: z.number(), memoryBytes: z.number().int() }),
    used: z.object({ cpus: z.number(), memoryBytes: z.number().int(), containers: z.number().int() }),
    engine: z.object({
      version: z.string(),
      apiVersion: z.string(),
      storageDriver: z.string(),
      cgroupVersion: z.number().int(),
      runtimes: z.array(z.string()),
      components: z.array(z.object({ name: z.string(), version: z.string(), build: z.string() })),
    }),
    protections: z
      .record(z.string(), z.boolean())
      .describe("What the engine enforces on everything it runs; false is missing"),
    sealedElsewhere: z
      .number()
      .int()
      .describe("Secrets and passwords for registries that its worker has no key for: it cannot use them"),
    warnings: z.array(HostWarning).describe("Known holes of the installed engine and runtimes"),
    createdAt: Time,
  })
  .openapi("Host");
export type Host = z.infer<typeof Host>;

export const CheckResult = z
  .object({
    name: z.string(),
    status: z.enum(["pass", "warn", "fail"]),
    found: z.string(),
    advice: z.string().nullable().describe("What the operator should do; null where nothing"),
  })
  .openapi("CheckResult");
export type CheckResult = z.infer<typeof CheckResult>;
export const HostCheck = z
  .object({ host: z.string(), checkedAt: Time, checks: z.array(CheckResult) })
  .openapi("HostCheck");
export type HostCheck = z.infer<typeof HostCheck>;
