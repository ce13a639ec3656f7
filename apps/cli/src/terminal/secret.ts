import type { Ctx } from "../ctx.ts";
import { Failure } from "../failures.ts";
import { write } from "../output.ts";

const MAX_LENGTH = 8192;
const LINE_ENDS = "\r\n\u0004";
const INTERRUPT = "\u0003";
const ERASERS = "\u007f\b";

/** One line of standard input; a terminal does not show it. */
export async function readSecret({ stdin, stderr }: Pick<Ctx, "stdin" | "stderr">, prompt: string): Promise<string> {
  if (stdin.isTTY) {
    await write(stderr, prompt);
    stdin.setRawMode(true);
  }
  let text = "";
  try {
    for await (const chunk of stdin) {
      for (const character of (chunk as Buffer).toString()) {
        if (LINE_ENDS.includes(character)) return text;
        if (stdin.isTTY && character === INTERRUPT) throw new Failure("interrupted");
        if (stdin.isTTY && ERASERS.includes(character)) text = text.slice(0, -1);
        else text += character;
        if (text.length > MAX_LENGTH) throw new Failure("that is too long");
      }
    }
    return text;
  } finally {
    if (stdin.isTTY) {
      stdin.setRawMode(false);
      await write(stderr, "\n");
    }
  }
}
