import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { collect, isKind } from "../conformance/subject.ts";
import { toEngineTime, toNanoseconds } from "../log-time.ts";
import { demux, type Frame } from "./demux.ts";
import { ttyMessages } from "./logs.ts";

const STAMP = "2026-01-02T03:04:05.000000006Z ";

/** The same bytes in pieces of any size. */
async function* cut(data: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < data.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield data.subarray(at, (at += size));
  }
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

test("frames come apart however the bytes arrive", async () => {
  const frame = fc.record({
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    text: fc.string({ minLength: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), sizes, fc.boolean(), async (frames, pieces, whole) => {
      const wire = Buffer.concat(frames.map(({ stream, text }) => pack(stream, text)));
      const found: Frame[] = await collect(demux(cut(wire, pieces), whole));
      for (const stream of ["stdout", "stderr"] as const) {
        const sent = frames.filter((one) => one.stream === stream).map(({ text }) => text);
        assert.equal(
          Buffer.concat(found.filter((one) => one.stream === stream).map(({ data }) => data)).toString(),
          sent.join(""),
        );
      }
      if (whole) assert.equal(found.length, frames.length);
    }),
  );
});

test("a tty's log comes apart at lines and where the engine cuts", async () => {
  const long = "x".repeat(16 * 1024);
  const messages = [`${STAMP}a\r\n`, `${STAMP}${long}`, `${STAMP}rest\r\n`, `${STAMP}\r\n`, `${STAMP}prompt $ `];
  for (const pieces of [[7], [16_000, 900], [100_000]]) {
    const found = await collect(ttyMessages(cut(Buffer.from(messages.join("")), pieces)));
    assert.deepEqual(
      found.map(({ data }) => data.toString()),
      messages,
    );
  }
});

test("times keep their nanoseconds", () => {
  assert.equal(toEngineTime(toNanoseconds("2026-01-02T03:04:05.123456789Z")), "1767323045.123456789");
  assert.equal(toNanoseconds("2026-01-02T03:04:05Z"), toNanoseconds("2026-01-02T04:04:05.000000000+01:00"));
  assert.throws(() => toNanoseconds("yesterday"), isKind("invalid"));
});

function pack(stream: Frame["stream"], text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream === "stdout" ? 1 : 2;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}
