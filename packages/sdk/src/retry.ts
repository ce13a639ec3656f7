import type { HafenError } from "./error.ts";

export const ATTEMPTS = 3;
const BASE_MS = 200;
const CAP_MS = 5_000;

/** Whether another attempt may help; whether it is allowed is the call's matter. */
export function mayHelp(error: HafenError): boolean {
  const { status } = error;
  if (status === undefined) return error.code === "network";
  return status === 502 || status === 503 || status === 504 || (status === 429 && error.retryAfterMs !== undefined);
}

/** Doubles with each attempt from the first on; half of it is chance, so that clients cut off together do not return together. */
export function backoffMs(attempt: number, baseMs: number = BASE_MS): number {
  const fullMs = Math.min(CAP_MS, baseMs * 2 ** (attempt - 1));
  return fullMs / 2 + (Math.random() * fullMs) / 2;
}

/** A Retry-After header (RFC 9110): seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
