import { EngineError } from "../error.ts";

/** Longest line taken from the engine; its messages are far shorter, and a longer one is not kept in memory. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** One value for each line of a stream of JSON, as `events`, `build` and `load` answer. */
export async function* jsonLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const piece of source) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, start)) {
      const line = rest.toString("utf8", start, end).trim();
      start = end + 1;
      if (line !== "") yield parse(line);
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw new EngineError("unavailable", "the engine sent a line without an end");
  }
  const line = rest.toString("utf8").trim();
  if (line !== "") yield parse(line);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new EngineError("unavailable", "the engine sent a line that is no JSON", { cause });
  }
}
