import { z } from "@hono/zod-openapi";
import { RESTART_POLICIES } from "./lifecycle.ts";

/** Whether a container that ended by itself is started again. */
export const Restart = z
  .strictObject({
    policy: z
      .enum(RESTART_POLICIES)
      .describe(
        "always and unless-stopped: however it ended, unless a request ended it; always also starts one that a request had ended when its host has started anew",
      ),
    maximumRetryCount: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe("For on-failure; 0 or absent: without end"),
  })
  .refine(({ policy, maximumRetryCount }) => policy === "on-failure" || !maximumRetryCount, {
    path: ["maximumRetryCount"],
    message: "is for on-failure only",
  })
  .openapi("Restart");
export type Restart = z.infer<typeof Restart>;
