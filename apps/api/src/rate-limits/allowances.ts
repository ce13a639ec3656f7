import type { CountInWindow } from "@hafen/queue";

/** So many in a window of so many seconds, which opens with the first. */
export interface Limit {
  requests: number;
  seconds: number;
}
export interface Standing {
  allowed: boolean;
  remaining: number;
  resetMs: number;
}
export interface Allowances {
  /** Takes one of what the key may have. Never rejects. */
  take(key: string): Promise<Standing>;
}

interface Window {
  /** Taken from the store, and not yet given out here. */
  leased: number;
  /** What the store had left for everybody when it was last asked. */
  beyond: number;
  endsAtMs: number;
}

/** A process asks the store for so many hundredths of the whole at a time: most requests then cost no call. */
const LEASES = 100;
const ANSWER_MS = 250;
/** A store that failed is not asked again before. */
const AGAIN_MS = 5_000;
const MANY = 10_000;

/**
 * Counts in a store that all api processes share. While it does not answer each process counts alone: a service that answers too much is
 * better than one that answers nobody.
 */
export function openAllowances(
  { requests, seconds }: Limit,
  count: CountInWindow,
  { failed, answers }: { failed: (error: unknown) => void; answers: () => void },
): Allowances {
  const windows = new Map<string, Window>();
  const asking = new Map<string, Promise<void>>();
  const lease = Math.ceil(requests / LEASES);
  let aloneUntilMs: number | undefined;

  async function ask(key: string): Promise<void> {
    const alone = { leased: requests, beyond: 0, endsAtMs: performance.now() + seconds * 1000 };
    if (aloneUntilMs !== undefined && performance.now() < aloneUntilMs) return void windows.set(key, alone);
    try {
      const { count: counted, leftMs } = await within(count(key, lease, seconds * 1000), ANSWER_MS);
      const leased = Math.max(0, Math.min(lease, requests - (counted - lease)));
      windows.set(key, {
        leased,
        beyond: Math.max(0, requests - counted),
        endsAtMs: performance.now() + Math.max(leftMs, 1),
      });
      if (aloneUntilMs !== undefined) answers();
      aloneUntilMs = undefined;
    } catch (error) {
      if (aloneUntilMs === undefined) failed(error);
      aloneUntilMs = performance.now() + AGAIN_MS;
      windows.set(key, alone);
    }
  }

  function askOnce(key: string): Promise<void> {
    if (windows.size > MANY)
      for (const [each, { endsAtMs }] of windows) if (endsAtMs < performance.now()) windows.delete(each);
    const under = asking.get(key) ?? ask(key).finally(() => asking.delete(key));
    asking.set(key, under);
    return under;
  }

  return {
    async take(key) {
      for (;;) {
        const window = windows.get(key);
        const resetMs = (window?.endsAtMs ?? 0) - performance.now();
        if (window && resetMs > 0) {
          if (window.leased > 0) {
            window.leased--;
            return { allowed: true, remaining: window.leased + window.beyond, resetMs };
          }
          if (window.beyond === 0) return { allowed: false, remaining: 0, resetMs };
        }
        await askOnce(key);
      }
    },
  };
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
