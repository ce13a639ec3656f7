import { ProblemError } from "@hafen/contract";
import { Counter, errorFields, type Log, type Registry } from "@hafen/process";
import type { CountInWindow } from "@hafen/queue";
import { openAllowances, type Limit } from "./allowances.ts";
import { networkOf } from "./network-of.ts";

/** Requests with a valid key; requests without any, by address; requests whose key or link is wrong, by address. */
export type LimitKind = "key" | "address" | "failures";
export type Limits = Record<LimitKind, Limit | null>;

export interface RateLimits {
  /** Counts a request. `tell` gets the headers for its answer. @throws ProblemError when it is one too many. */
  count(kind: LimitKind, id: string, tell?: (headers: Record<string, string>) => void): Promise<void>;
}

const SAID: Record<LimitKind, string> = {
  key: "This key has made",
  address: "Your address has made, without a key,",
  failures: "Your address has made, with keys or links that are not valid,",
};

export function openRateLimits(
  limits: Limits,
  count: CountInWindow,
  { log, metrics }: { log: Log; metrics: Registry },
): RateLimits {
  const limited = new Counter({
    name: "hafen_rate_limited_total",
    help: "Requests over a rate limit",
    labelNames: ["limit"],
    registers: [metrics],
  });
  const watch = {
    failed: (error: unknown) =>
      log.warn(errorFields(error), "the store of rate limits does not answer; this process counts alone"),
    answers: () => log.info("the store of rate limits answers again"),
  };
  const open = (kind: LimitKind) => limits[kind] && { ...limits[kind], ...openAllowances(limits[kind], count, watch) };
  const kinds = { key: open("key"), address: open("address"), failures: open("failures") };

  return {
    async count(kind, id, tell) {
      const limit = kinds[kind];
      if (!limit) return;
      const { requests, seconds } = limit;
      const { allowed, remaining, resetMs } = await limit.take(`${kind}:${kind === "key" ? id : networkOf(id)}`);
      const inSeconds = Math.ceil(resetMs / 1000);
      tell?.({
        "ratelimit-policy": `"${kind}";q=${requests};w=${seconds}`,
        ratelimit: `"${kind}";r=${remaining};t=${inSeconds}`,
      });
      if (allowed) return;
      limited.inc({ limit: kind });
      throw new ProblemError(
        "rate_limited",
        `${SAID[kind]} more than ${requests} requests in ${seconds} s. Ask again in ${inSeconds} s.`,
        { retryAfterSeconds: inSeconds },
      );
    },
  };
}
