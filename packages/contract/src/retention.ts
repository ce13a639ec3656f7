import { z } from "@hono/zod-openapi";

const Days = z.number().int().min(1).max(3650).nullable();

/** When what has ended goes by itself. Volumes never do. */
export const Retention = z
  .strictObject({
    stoppedContainersDays: Days.describe("After its end, or since it was made if it never ran; null: never"),
    endedBuildsDays: Days.describe("After its end; null: never"),
  })
  .openapi("Retention");
export type Retention = z.infer<typeof Retention>;
