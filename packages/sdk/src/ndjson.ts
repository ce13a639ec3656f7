import { HafenError } from "./error.ts";
import { parseJson } from "./json-text.ts";

/** The values of a newline-delimited JSON body; one that is cut inside a line is an error, not a value. */
export async function* ndjson<T>(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<T, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() !== "") yield parseJson(line, "a line of the answer") as T;
    }
  }
  if (rest.trim() !== "") throw new HafenError("network", "the answer ended in the middle of a line");
}
