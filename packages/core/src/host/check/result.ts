import type { CheckResult } from "@hafen/contract";

export function pass(name: string, found: string): CheckResult {
  return { name, status: "pass", found, advice: null };
}
export function warn(name: string, found: string, advice: string): CheckResult {
  return { name, status: "warn", found, advice };
}
export function fail(name: string, found: string, advice: string): CheckResult {
  return { name, status: "fail", found, advice };
}
