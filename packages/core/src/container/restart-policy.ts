import type { RestartPolicy } from "@hafen/contract";

/** Docker's back-off: doubled from one restart to the next up to a minute, and begun anew by a run of ten seconds. */
const FIRST_MS = 100;
const LONGEST_MS = 60_000;
const STEADY_MS = 10_000;

export interface Ended {
  restartPolicy: RestartPolicy;
  /** For `on-failure`: so many restarts; null or 0: without end. */
  restartMaximum: number | null;
  restartCount: number;
  /** What the latest restart had to wait; null: there was none since a start on request. */
  lastDelayMs: number | null;
  exitCode: number;
  ranMs: number;
}

/**
 * How long until a container that ended by itself is started again, in milliseconds; undefined: it stays as it is. As Docker's
 * restart policies: https://docs.docker.com/engine/containers/start-containers-automatically/
 */
export function restartDelayMs(ended: Ended): number | undefined {
  if (!restarts(ended)) return undefined;
  if (ended.lastDelayMs === null || ended.ranMs >= STEADY_MS) return FIRST_MS;
  return Math.min(ended.lastDelayMs * 2, LONGEST_MS);
}

function restarts({ restartPolicy, restartMaximum, restartCount, exitCode }: Ended): boolean {
  switch (restartPolicy) {
    case "no":
      return false;
    case "on-failure":
      return exitCode !== 0 && (!restartMaximum || restartCount < restartMaximum);
    case "always":
    case "unless-stopped":
      return true;
    default:
      return restartPolicy satisfies never;
  }
}
