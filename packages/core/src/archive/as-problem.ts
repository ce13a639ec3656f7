import { ProblemError } from "@hafen/contract";
import { InputError } from "./error.ts";

/** What the input readers refuse is the client's to know, under the same code. */
export function asProblem<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw toProblem(error);
  }
}

/** An `InputError`, or what one has caused, as the problem that it is; anything else as it came. */
export function toProblem(error: unknown): unknown {
  if (error instanceof InputError) return new ProblemError(error.code, error.detail);
  if (!(error instanceof Error) || error.cause === undefined) return error;
  const problem = toProblem(error.cause);
  return problem instanceof ProblemError ? problem : error;
}
