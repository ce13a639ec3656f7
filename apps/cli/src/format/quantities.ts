import { constants } from "node:os";
import { UsageError } from "../failures.ts";

const MEMORY = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;
const TIME_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 512m, 1g, 1.5gb; without a unit, bytes. */
export function memoryBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmg])?(?:i?b)?$/i.exec(text.trim());
  if (!match) throw new UsageError("a size such as 512m or 1g");
  const unit = (match[2] ?? "b").toLowerCase() as keyof typeof MEMORY;
  return Math.round(Number(match[1]) * MEMORY[unit]);
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new UsageError("a number");
  return value;
}

export function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError("a whole number");
  return Number(text);
}

/** 1h30m, 90s; without a unit, seconds. */
export function durationMs(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(text)) throw new UsageError("a time span such as 30s or 1h30m");
  let ms = 0;
  for (const [, count, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g))
    ms += Number(count) * (TIME_MS[unit] ?? 0);
  return ms;
}

/** A time span before now, seconds since 1970, or an RFC 3339 time or date. */
export function pastTime(text: string): (nowMs: number) => Date {
  if (/^\d{9,}(\.\d+)?$/.test(text)) return () => new Date(Number(text) * 1000);
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw new UsageError("a time such as 2026-01-31T12:00:00Z");
    return () => new Date(at);
  }
  const ms = durationMs(text);
  return (nowMs) => new Date(nowMs - ms);
}

/** TERM, SIGTERM or 15. */
export function signalName(text: string): string {
  if (!/^\d+$/.test(text))
    return text.toUpperCase().startsWith("SIG") ? text.toUpperCase() : `SIG${text.toUpperCase()}`;
  const found = Object.entries(constants.signals).find(([, number]) => number === Number(text));
  if (!found) throw new UsageError("a signal such as SIGTERM or 15");
  return found[0];
}

/** key=value; without `=`, an empty value. */
export function pair(text: string): [key: string, value: string] {
  const at = text.indexOf("=");
  if (at === 0 || text === "") throw new UsageError("key=value");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** true, 1, false or 0, as in docker's filters. */
export function truth(text: string): boolean {
  if (/^(true|1)$/.test(text)) return true;
  if (/^(false|0)$/.test(text)) return false;
  throw new UsageError("true or false");
}
