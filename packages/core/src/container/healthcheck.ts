import type { Health, Healthcheck } from "@hafen/contract";
import type { HealthInfo, Healthcheck as HealthcheckSpec } from "@hafen/engine";
import { toIso } from "./termination.ts";

/** Each check costs the host a process: an image does not decide how often. */
const LEAST_INTERVAL_SECONDS = 2;
const LEAST_TIMEOUT_SECONDS = 1;
const OUTPUT_LENGTH = 4096;

/** The check of a new container: the request's, else the image's; `["NONE"]` and null mean none. */
export function healthcheckOf(
  asked: Healthcheck | null | undefined,
  image: Healthcheck | undefined,
): Healthcheck | null {
  const check = asked === undefined ? image : asked;
  return check === undefined || check === null || check.test[0] === "NONE" ? null : check;
}

/** What is not said, or is 0, is Docker's default: https://docs.docker.com/reference/dockerfile/#healthcheck. */
export function healthcheckSpec(check: Healthcheck): HealthcheckSpec {
  const { test, intervalSeconds, timeoutSeconds, startPeriodSeconds, retries } = check;
  return {
    test,
    intervalMs: milliseconds(intervalSeconds, LEAST_INTERVAL_SECONDS),
    timeoutMs: milliseconds(timeoutSeconds, LEAST_TIMEOUT_SECONDS),
    startPeriodMs: milliseconds(startPeriodSeconds, 0),
    retries: retries || undefined,
  };
}

function milliseconds(seconds: number | undefined, least: number): number | undefined {
  return seconds ? Math.max(seconds, least) * 1000 : undefined;
}

/** As the row keeps it. What a check printed is a container's own text: anything may be in it. */
export function healthOf(info: HealthInfo): Health {
  const { status, failingStreak, last } = info;
  const output = last?.output.replaceAll("\0", "\uFFFD").slice(0, OUTPUT_LENGTH).toWellFormed() ?? "";
  return { status, failingStreak, last: last ? { exitCode: last.exitCode, output, at: toIso(last.at) } : null };
}
