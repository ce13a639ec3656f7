import { HafenError } from "@hafen/sdk";
import { EXIT_CODES } from "./exit-codes.ts";
import { Failure } from "./failures.ts";
import { inert } from "./format/inert.ts";
import { problemText } from "./problem-text.ts";
import { stream, type Piece, type Result } from "./result.ts";

/** What docker does with several names: each by itself, its name once it is done; one that fails does not stop the next. */
export function each<T>(
  refs: string[],
  act: (ref: string) => Promise<T>,
  line?: (done: T, ref: string) => string,
): Result {
  return stream(pieces(refs, act, line ?? ((_, ref) => inert(ref))));
}

async function* pieces<T>(
  refs: string[],
  act: (ref: string) => Promise<T>,
  line: (done: T, ref: string) => string,
): AsyncGenerator<Piece, number> {
  let code: number = EXIT_CODES.ok;
  for (const ref of refs) {
    try {
      const done = await act(ref);
      yield { line: line(done, ref), json: done ?? { ref } };
    } catch (error) {
      if (!(error instanceof HafenError) && !(error instanceof Failure)) throw error;
      yield {
        to: "stderr",
        data: `hafen: ${inert(error instanceof HafenError ? problemText(error) : error.message)}\n`,
      };
      code = EXIT_CODES.failed;
    }
  }
  return code;
}
