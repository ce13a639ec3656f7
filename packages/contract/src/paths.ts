import { z } from "@hono/zod-openapi";

/** An absolute path inside the container, without `.` and `..`. */
export const ContainerPath = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, "an absolute path")
  .refine(
    (path) => !path.split("/").some((part) => part === "." || part === ".."),
    "must not contain . or .. components",
  );
/** Where something is put inside it. */
export const Target = ContainerPath.refine((path) => path.replaceAll("/", "") !== "", "must not be the root directory");
