import type { Health, Healthcheck } from "@hafen/contract";
import type { HealthInfo, Healthcheck as HealthcheckSpec } from "@hafen/engine";
import { toIso } from "./termination.ts";

/** Each check costs the host a process: an image does not decide how often. */
const LEAST_INTERVAL_SECONDS = 2;
const LEAST_TIMEOUT_SECONDS = 1;
const DEFAULT_SECONDS = 30;
const DEFAULT_RETRIES = 3;
const OUTPUT_LENGTH = 4096;

/** The check of a new container: the request's, else the image's; `["NONE"]` and null mean none. */
export function healthcheckOf(
  asked: Healthcheck | null | undefined,
  image: Healthcheck | undefined,
): Healthcheck | null {
  const check = asked === undefined ? image : asked;
  return check === undefined || check === null || check.test[0] === "NONE" ? null : check;
}

/** With Docker's defaults (https://docs.docker.com/reference/dockerfile/#healthcheck) and Hafen's bounds. */
export function healthcheckSpec(check: Healthcheck): HealthcheckSpec {
  const { test, intervalSeconds, timeoutSeconds, startPeriodSeconds = 0, retries } = check;
  return {
    test,
    intervalMs: Math.max(intervalSeconds || DEFAULT_SECONDS, LEAST_INTERVAL_SECONDS) * 1000,
    timeoutMs: Math.max(timeoutSeconds || DEFAULT_SECONDS, LEAST_TIMEOUT_SECONDS) * 1000,
    startPeriodMs: startPeriodSeconds * 1000,
    retries: retries || DEFAULT_RETRIES,
  };
}

/** As the row keeps it. What a check printed is a container's own text: anything may be in it. */
export function healthOf(info: HealthInfo): Health {
  const { status, failingStreak, last } = info;
  const output = last?.output.replaceAll("\0", "\uFFFD").slice(0, OUTPUT_LENGTH).toWellFormed() ?? "";
  return { status, failingStreak, last: last ? { exitCode: last.exitCode, output, at: toIso(last.at) } : null };
}
