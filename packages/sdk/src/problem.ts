import { HafenError } from "./error.ts";
import { retryAfterMs } from "./retry.ts";
import type { Problem, ProblemCode } from "./wire.ts";

/** What an answer without a problem body means: it comes from something between us and the service. */
const CODES_BY_STATUS: Partial<Record<number, ProblemCode>> = {
  401: "unauthenticated",
  403: "scope_missing",
  404: "not_found",
  405: "method_not_allowed",
  413: "body_too_large",
  415: "unsupported_media_type",
  429: "unavailable",
  500: "internal",
};

function codeOf(status: number): ProblemCode {
  return CODES_BY_STATUS[status] ?? (status >= 500 ? "unavailable" : "invalid_request");
}

function parse(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The error of an answer that is not 2xx; reads its body. */
export async function errorOf(response: Response): Promise<HafenError> {
  const { status, headers } = response;
  const problem = parse(await response.text());
  const detail = problem.detail ?? problem.title ?? `the service answered ${status} ${response.statusText}`.trimEnd();
  return new HafenError(problem.code ?? codeOf(status), detail, {
    status,
    requestId: problem.requestId ?? headers.get("x-request-id") ?? undefined,
    errors: problem.errors,
    states: problem.states,
    retryAfterMs: retryAfterMs(headers.get("retry-after"), Date.now()),
  });
}
