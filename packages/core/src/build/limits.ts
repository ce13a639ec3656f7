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
