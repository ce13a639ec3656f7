import { ProblemError } from "@hafen/contract";
import type { Context } from "hono";

const MAX_SECONDS = 300;

/** Milliseconds of `Prefer: wait=<seconds>` (RFC 7240); 0 when the client does not want to wait. */
export function waitMs(c: Context): number {
  const prefer = c.req.header("prefer");
  if (prefer === undefined) return 0;
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer) ?? [];
  if (seconds === undefined) return 0;
  if (Number(seconds) > MAX_SECONDS) {
    throw new ProblemError("invalid_request", `Prefer: wait takes at most ${MAX_SECONDS} seconds.`, {
      errors: [{ pointer: "header:prefer", detail: `at most ${MAX_SECONDS}` }],
    });
  }
  c.header("preference-applied", `wait=${seconds}`);
  return Number(seconds) * 1000;
}
