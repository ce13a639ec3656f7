import type { BuildLimits } from "@hafen/engine";

const GIB = 1024 ** 3;
/** What a build of untrusted code may use. */
export const BUILD_LIMITS: BuildLimits = {
  cpus: 2,
  memoryBytes: 2 * GIB,
  pids: 1024,
  diskBytes: 10 * GIB,
  outputBytes: GIB / 4,
};
export const BUILD_TIMEOUT_MS = 30 * 60_000;

/** What a build must find room for in its user's quota; how large its image is, is known at its end. */
export const BUILD_QUOTA = { builds: 1, images: 1, imageBytes: 1, buildMinutes: 1 };
