import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";
import { HEALTH_STATES } from "./lifecycle.ts";

/** What a container's health check last said. */
export const Health = z
  .object({
    status: z.enum(HEALTH_STATES),
    failingStreak: z.number().int(),
    last: z
      .object({ exitCode: z.number().int(), output: z.string().describe("The first 4 KiB"), at: Time })
      .nullable()
      .describe("The latest check"),
  })
  .openapi("Health");
export type Health = z.infer<typeof Health>;
