import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LogChunk, LogPosition } from "./engine.ts";
import { positioned, windowStart, type Unpositioned } from "./log-position.ts";
import { toNanoseconds } from "./log-time.ts";

const BEGIN = Date.parse("2026-01-02T03:04:05Z");

/** A log whose stamps are all different and up to half a second out of order, over some seconds. */
const log: fc.Arbitrary<Unpositioned[]> = fc
  .array(fc.record({ stepMs: fc.integer({ min: 0, max: 300 }), lateMs: fc.integer({ min: 0, max: 500 }) }), {
    maxLength: 60,
  })
  .map((steps) => {
    let ms = BEGIN;
    return steps.map(({ stepMs, lateMs }, at) => {
      ms += stepMs;
      const stamp = new Date(ms - lateMs).toISOString().replace("Z", `${String(at).padStart(6, "0")}Z`);
      return {
        stream: at % 2 === 0 ? ("stdout" as const) : ("stderr" as const),
        data: Buffer.from(`${at}`),
        at: stamp,
      };
    });
  });

async function* source(chunks: Unpositioned[], after: LogPosition | undefined): AsyncGenerator<Unpositioned> {
  for (const chunk of chunks) if (!after || toNanoseconds(chunk.at) > windowStart(after)) yield chunk;
}
const read = (chunks: Unpositioned[], after?: LogPosition): Promise<LogChunk[]> =>
  Array.fromAsync(positioned(source(chunks, after), after));
const texts = (chunks: { data: Uint8Array }[]) => chunks.map(({ data }) => Buffer.from(data).toString());

test("a log taken up after any line, any number of times, has every line once and in its order", async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), async (chunks, takes) => {
      const got: LogChunk[] = [];
      for (const take of takes) got.push(...(await read(chunks, got.at(-1)?.position)).slice(0, take));
      got.push(...(await read(chunks, got.at(-1)?.position)));
      assert.deepEqual(texts(got), texts(chunks));
    }),
    { numRuns: 500 },
  );
});

test("what was left out before the first line stays left out", async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.nat(60), fc.array(fc.nat(20)), async (chunks, from, takes) => {
      const tail = chunks.slice(from);
      const got = (await read(tail)).slice(0, 1);
      if (got.length === 0) return;
      for (const take of takes) got.push(...(await read(chunks, got.at(-1)?.position)).slice(0, take));
      got.push(...(await read(chunks, got.at(-1)?.position)));
      assert.deepEqual(texts(got), texts(tail));
    }),
    { numRuns: 500 },
  );
});

test("what is new is never skipped, though what was read before it is gone", async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.nat(60), async (chunks, take) => {
      const got = (await read(chunks)).slice(0, take);
      const last = got.at(-1);
      if (!last) return;
      const later = chunks.filter(({ at }) => toNanoseconds(at) > toNanoseconds(last.position.at) + 1_000_000_000n);
      assert.deepEqual(texts(await read(later, last.position)), texts(later));
    }),
  );
});
