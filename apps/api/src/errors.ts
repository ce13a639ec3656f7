import { ProblemError, PROBLEMS, refusalOfField, toProblem, type FieldError, type ProblemCode } from "@hafen/contract";
import { errorFields } from "@hafen/process";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { AppEnv } from "./deps.ts";

type Issue = { path: PropertyKey[]; message: string; code?: string; keys?: string[] };

/** Of one answer: a request of 2 MiB may have more mistakes than anybody reads, and each text name them all. */
const MAX_ERRORS = 100;
const MAX_TEXT = 500;

/** A request that its schema refuses: which fields, as JSON pointers into the body, or `?name` in the query. */
export function validationProblem(target: string, issues: readonly Issue[]): ProblemError {
  const wrong = issues.flatMap(({ path, message, code, keys }) =>
    code === "unrecognized_keys" && keys
      ? keys.slice(0, MAX_ERRORS).map((key) => ({ path: [...path, key], message }))
      : [{ path, message }],
  );
  const errors = wrong.slice(0, MAX_ERRORS).map(({ path, message }): FieldError => ({
    pointer: pointerOf(target, path).slice(0, MAX_TEXT),
    detail: message.slice(0, MAX_TEXT),
  }));
  const refusals = issues.flatMap(({ code, keys }) => (code === "unrecognized_keys" ? (keys ?? []) : []));
  const refused = target === "json" ? refusals.flatMap((key) => refusalOfField(key) ?? [])[0] : undefined;
  if (refused) return new ProblemError(refused.code, refused.detail, { errors });
  const detail = errors
    .map((error) => `${error.pointer}: ${error.detail}`)
    .slice(0, 5)
    .join("; ");
  return new ProblemError("invalid_request", detail, { errors });
}
export function pointerOf(target: string, path: PropertyKey[]): string {
  const parts = path.map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"));
  if (target === "json") return `/${parts.join("/")}`;
  return `${target === "query" ? "?" : `${target}:`}${parts.join("/")}`;
}

/** Every error leaves as `application/problem+json`; what we do not know becomes `internal` and is never echoed. */
export function answerError(error: unknown, c: Context<AppEnv>): Response {
  const problem = problemOf(error);
  if (problem.code === "internal")
    c.var.deps.log.error({ requestId: c.var.requestId, ...errorFields(error) }, "request failed");
  c.set("problem", problem);
  const body = toProblem(problem, c.var.requestId);
  c.header("content-type", "application/problem+json");
  const retryAfter = retryAfterOf(problem);
  if (retryAfter !== undefined) c.header("retry-after", retryAfter);
  // The server cuts a connection whose body it did not read; a client that is not told would send its next request there.
  if (body.status === 413 || hasUnreadBody(c)) c.header("connection", "close");
  return c.body(JSON.stringify(body), body.status as 400);
}

/** In seconds. */
export function retryAfterOf({ code, extra }: ProblemError): string | undefined {
  if (code === "rate_limited") return String(extra["retryAfterSeconds"]);
  return code === "unavailable" ? "1" : undefined;
}

function hasUnreadBody(c: Context): boolean {
  const { raw } = c.req;
  return raw.body !== null && (!raw.bodyUsed || !c.req.header("content-type")?.startsWith("application/json"));
}

const FOR_STATUS: Record<number, [ProblemCode, string]> = {
  400: ["invalid_json", "The body is not valid JSON."],
  413: ["body_too_large", "The body is larger than this route takes."],
  415: ["unsupported_media_type", "Send a Content-Type that this route takes; /docs lists them."],
};

export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof HTTPException) {
    const [code, detail] = FOR_STATUS[error.status] ?? ["internal", PROBLEMS.internal.title];
    return new ProblemError(code, detail);
  }
  if (isDatabaseGone(error))
    return new ProblemError("unavailable", "The database does not answer. Nothing was done; try again soon.");
  return new ProblemError("internal", "Something failed on our side. Give the operator the requestId.");
}

/** postgres.js's connection errors, and the SQLSTATE classes for connection (08), resources (53) and operator intervention (57). */
function isDatabaseGone(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (
      /^(CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONN(REFUSED|RESET)|ENOENT|EPIPE|ETIMEDOUT|08...|53...|57...)$/.test(
        code,
      )
    )
      return true;
  }
  return false;
}
