import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** One piece, at its reader's pace. With `stallMs`, a reader that takes nothing for so long is let go: what is read may be held meanwhile. */
export async function send(
  response: ServerResponse,
  piece: string | Uint8Array,
  signal: AbortSignal,
  stallMs?: number,
): Promise<void> {
  if (response.write(piece)) return;
  const over = stallMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(stallMs)]);
  await once(response, "drain", { signal: over });
}
