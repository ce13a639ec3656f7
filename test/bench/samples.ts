/** One way of doing a thing. `run` does it once, cleans up after itself, and answers with the milliseconds of the thing alone. */
export interface Way {
  name: string;
  run(): Promise<number>;
}

export interface Rounds {
  /** Not counted: caches, connections and compiled code are then as they are in a service that has run a while. */
  warmUp: number;
  counted: number;
}

export interface Figures {
  samples: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

/**
 * Takes the ways in turn, A B C, B C A, C A B, so that a machine that is busy for a while is busy for all of them and none always
 * comes after the same other.
 */
export async function interleave(ways: Way[], { warmUp, counted }: Rounds, signal: AbortSignal): Promise<Figures[]> {
  const taken = ways.map((): number[] => []);
  for (let round = 0; round < warmUp + counted; round++) {
    for (let i = 0; i < ways.length; i++) {
      signal.throwIfAborted();
      const at = (round + i) % ways.length;
      const ms = await ways[at]?.run();
      if (round >= warmUp && ms !== undefined) taken[at]?.push(ms);
    }
  }
  return taken.map(figures);
}

export function figures(samplesMs: number[]): Figures {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return { samples: sorted.length, p50Ms: percentile(sorted, 50), p95Ms: percentile(sorted, 95), p99Ms: percentile(sorted, 99) };
}

/** Nearest rank: a value that was measured, never one between two. */
function percentile(sorted: number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}
