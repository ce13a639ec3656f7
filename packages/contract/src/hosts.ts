import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

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
    }),
    protections: z
      .record(z.string(), z.boolean())
      .describe("What the engine enforces on everything it runs; false is missing"),
    sealedElsewhere: z
      .number()
      .int()
      .describe("Secrets and passwords for registries that its worker has no key for: it cannot use them"),
    createdAt: Time,
  })
  .openapi("Host");
export type Host = z.infer<typeof Host>;
