import { ProblemError } from "@hafen/contract";
import { END_OF_TAR } from "../archive/write-tar.ts";

/**
 * A tar of the engine's as it is, with two things it does not see to: it packs a file that shrinks meanwhile into a tar without an end, and
 * takes one that breaks off between two entries for whole.
 */
export async function* wholeTar(tar: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  let end: Uint8Array = new Uint8Array(0);
  for await (const piece of tar) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes)
      throw new ProblemError("file_too_large", `The volume has more than the ${maxBytes} bytes that a clone may have.`);
    end = Buffer.concat([end, piece.subarray(-END_OF_TAR.length)]).subarray(-END_OF_TAR.length);
    yield piece;
  }
  if (Buffer.compare(end, END_OF_TAR) !== 0)
    throw new ProblemError(
      "volume_changing",
      "The source was written while it was copied. Stop what writes to it, and clone again.",
    );
}
