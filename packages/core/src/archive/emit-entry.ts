import { tooLarge } from "./open-compressed.ts";
import type { Upload } from "./upload.ts";
import { encodeHeader, padding, type WriteEntry } from "./write-tar.ts";

/** How many bytes an output may still have: a declared size is refused before its body is read. */
export interface Budget {
  maxBytes: number;
  usedBytes: number;
  upload: Upload;
}

export function newBudget(maxBytes: number, upload: Upload): Budget {
  return { maxBytes, usedBytes: 0, upload };
}

/** One entry of the tar we write: header, body, padding. */
export async function* emitEntry(
  entry: WriteEntry,
  body: AsyncIterable<Uint8Array> | undefined,
  budget: Budget,
): AsyncGenerator<Uint8Array> {
  budget.usedBytes += entry.sizeBytes;
  if (budget.usedBytes > budget.maxBytes) throw tooLarge(budget.upload, budget.maxBytes);
  yield encodeHeader(entry);
  if (body !== undefined) yield* body;
  yield padding(entry.sizeBytes);
}
