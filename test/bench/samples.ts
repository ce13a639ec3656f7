import { setTimeout as delay } from "node:timers/promises";

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

/** What an engine still does after its answer, such as clearing up an exec, must not be counted to the next way. */
const SETTLE_MS = 50;

/**
 * Takes the ways in turn, each round in another order, so that a machine that is busy for a while is busy for all of them and
 * none always comes after the same other.
 */
export async function interleave(ways: Way[], { warmUp, counted }: Rounds, signal: AbortSignal): Promise<Figures[]> {
  const taken = new Map(ways.map((way) => [way, [] as number[]]));
  for (let round = 0; round < warmUp + counted; round++) {
    for (const way of shuffled(ways)) {
      await delay(SETTLE_MS, undefined, { signal });
      const ms = await way.run();
      if (round >= warmUp) taken.get(way)?.push(ms);
    }
  }
  return [...taken.values()].map(figures);
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

export function figures(samplesMs: number[]): Figures {
  const sorted = samplesMs.toSorted((a, b) => a - b);
  return {
    samples: sorted.length,
    p50Ms: percentile(sorted, 50),
    p95Ms: percentile(sorted, 95),
    p99Ms: percentile(sorted, 99),
  };
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
