import type { Ctx } from "./ctx.ts";
import { bytes } from "./format/bytes.ts";

const EVERY_MS = 100;

/** Passes bytes on and says on stderr how far they are: a line that moves on a terminal, one at the end elsewhere; of few, nothing. */
export async function* withProgress(
  { stderr, now }: Pick<Ctx, "stderr" | "now">,
  what: string,
  tar: AsyncIterable<Uint8Array>,
  fromBytes = 0,
): AsyncGenerator<Uint8Array, void> {
  let sent = 0;
  let saidAtMs = 0;
  let whole = false;
  try {
    for await (const chunk of tar) {
      yield chunk;
      sent += chunk.length;
      if (!stderr.isTTY || sent < fromBytes || now() - saidAtMs < EVERY_MS) continue;
      saidAtMs = now();
      stderr.write(`\r${what} ${bytes(sent)}\u001b[K`);
    }
    whole = true;
  } finally {
    if (!whole && saidAtMs > 0) stderr.write("\n");
  }
  if (sent < fromBytes) return;
  stderr.write(`${stderr.isTTY ? "\r" : ""}${what} ${bytes(sent)}${stderr.isTTY ? "\u001b[K" : ""}\n`);
}
