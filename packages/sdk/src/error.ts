import type { Problem, ProblemCode } from "./wire.ts";

/** The service's own codes, and three for calls that ended without an answer. A newer service may send codes that are not listed. */
export type HafenErrorCode = ProblemCode | "network" | "timeout" | "aborted";

export interface HafenErrorFields {
  status?: number | undefined;
  requestId?: string | undefined;
  errors?: Problem["errors"] | undefined;
  states?: string[] | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** The one error that the client throws. Tell them apart by `code`; `detail` says what to do. */
export class HafenError extends Error {
  override readonly name = "HafenError";
  readonly code: HafenErrorCode;
  readonly detail: string;
  /** The HTTP status; absent when there was no answer. */
  readonly status: number | undefined;
  /** Give it to the operator: it is in the service's log. */
  readonly requestId: string | undefined;
  /** The fields that are wrong, by JSON pointer. */
  readonly errors: Problem["errors"] | undefined;
  /** For container_wrong_state: the states that would allow the request. */
  readonly states: string[] | undefined;
  /** What the service asked to wait before another attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(code: HafenErrorCode, detail: string, fields: HafenErrorFields = {}) {
    super(`${code}: ${detail}`, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.detail = detail;
    this.status = fields.status;
    this.requestId = fields.requestId;
    this.errors = fields.errors;
    this.states = fields.states;
    this.retryAfterMs = fields.retryAfterMs;
  }
}
