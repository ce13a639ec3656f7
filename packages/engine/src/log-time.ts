import { EngineError } from "./error.ts";

/** `2026-01-02T03:04:05.000000006Z` in nanoseconds of the Unix epoch; a Date would cut it to milliseconds. */
export function toNanoseconds(at: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(at);
  const seconds = match ? Date.parse(`${match[1]}${match[3]}`) / 1000 : Number.NaN;
  if (!match || Number.isNaN(seconds)) throw new EngineError("invalid", `not an RFC 3339 time: ${at}`);
  return BigInt(seconds) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** As the engine's `since` and `until` take it: seconds, a point, nine digits. */
export function toEngineTime(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}`;
}
