/** The chunks of a stream; leaving early cancels it. Not the stream's own iterator, which some browsers lack. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let whole = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      whole = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!whole) await reader.cancel().catch(() => {}); // a stream that broke rejects with what was thrown already
  }
}
