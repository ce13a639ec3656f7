export interface Frame {
  stream: "stdout" | "stderr";
  data: Buffer;
}
const HEADER_BYTES = 8;

/**
 * Takes apart the engine's multiplexed stream: 8 bytes of header (stream, length) before each piece. Pieces of a frame are passed on
 * as they arrive when `whole` is false, so that no length the engine states is ever allocated; logs want the frame whole.
 */
export async function* demux(source: AsyncIterable<Buffer>, whole: boolean): AsyncGenerator<Frame, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let open: { stream: Frame["stream"]; left: number } | undefined;
  for await (const piece of source) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (;;) {
      if (!open) {
        if (rest.length < HEADER_BYTES) break;
        open = { stream: rest[0] === 2 ? "stderr" : "stdout", left: rest.readUInt32BE(4) };
        rest = rest.subarray(HEADER_BYTES);
      }
      const take: number = Math.min(open.left, rest.length);
      if (take < open.left && (whole || take === 0)) break;
      if (take > 0) yield { stream: open.stream, data: rest.subarray(0, take) };
      rest = rest.subarray(take);
      open = take === open.left ? undefined : { ...open, left: open.left - take };
    }
  }
}

/** With a tty there are no frames: all of it is stdout. */
export async function* raw(source: AsyncIterable<Buffer>): AsyncGenerator<Frame, void, undefined> {
  for await (const data of source) yield { stream: "stdout", data };
}
