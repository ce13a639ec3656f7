import { readFileSync } from "node:fs";
import { z } from "zod";

/**
 * Reads a process's configuration, once, in its `main.ts`. Every problem is listed at once, by variable name and never by value,
 * since a value may be a secret.
 */
export function readConfig<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The environment is not complete:\n${lines.join("\n")}`);
}

/** A secret that the environment holds or names a file of; an empty variable is as good as none. */
export function readSecret(value = "", file = ""): string | undefined {
  if (value !== "") return value;
  return file === "" ? undefined : readFileSync(file, "utf8");
}

/** A port of 0 lets the system choose; an empty variable is as good as none. */
export function port(otherwise: number) {
  return z.preprocess(
    (value) => (value === "" ? undefined : value),
    z.coerce.number().int().min(0).max(65_535).default(otherwise),
  );
}
export const LogLevel = z.enum(["debug", "info", "warn", "error", "silent"]).default("info");
