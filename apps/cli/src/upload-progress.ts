import type { Ctx } from "./ctx.ts";
import { bytes } from "./format/bytes.ts";

const EVERY_MS = 100;

/** Passes an upload on and says on stderr how far it is: a line that moves on a terminal, one at the end elsewhere. */
export async function* withProgress(
  { stderr, now }: Pick<Ctx, "stderr" | "now">,
  what: string,
  tar: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let sent = 0;
  let saidAtMs = 0;
  for await (const chunk of tar) {
    yield chunk;
    sent += chunk.length;
    if (!stderr.isTTY || now() - saidAtMs < EVERY_MS) continue;
    saidAtMs = now();
    stderr.write(`\r${what} ${bytes(sent)}\u001b[K`);
  }
  stderr.write(`${stderr.isTTY ? "\r" : ""}${what} ${bytes(sent)}${stderr.isTTY ? "\u001b[K" : ""}\n`);
}
