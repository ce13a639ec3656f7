import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { repackContext } from "./repack-context.ts";
import { chunked, collect, DOCKERFILE, END, LIMITS, raw, tarOf } from "./test-tar.ts";

test("the summary fails with the tar, and without a second unhandled rejection", async () => {
  const packing = repackContext(chunked(Buffer.from("x")), LIMITS);
  await assert.rejects(collect(packing.tar), { code: "context_invalid" });
  await assert.rejects(packing.summary, { code: "context_invalid" });
});

test("a gzip bomb is left after little more than what is allowed, and its source let go", async () => {
  const bomb = gzipSync(Buffer.concat([raw({ name: "x", sizeBytes: 2 ** 28 }), Buffer.alloc(2 ** 28)]));
  let readBytes = 0;
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < bomb.length; at += 1024) {
        readBytes += 1024;
        yield bomb.subarray(at, at + 1024);
      }
    } finally {
      closed = true;
    }
  }
  const limits = { ...LIMITS, maxBytes: 2 ** 20 };
  await assert.rejects(collect(repackContext(source(), limits).tar), { code: "context_too_large" });
  await assert.rejects(collect(repackContext(source(), { ...limits, maxBytes: 2 ** 27 }).tar), {
    code: "context_too_large",
  });
  await new Promise(setImmediate);
  assert.ok(readBytes < bomb.length / 2 + 200_000, `${readBytes} of ${bomb.length} twice`);
  assert.equal(closed, true);
});

test("the source is let go when the reader stops, and the summary says so", async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield raw({ name: "big", body: "x".repeat(200_000) });
      for (;;) yield Buffer.alloc(512);
    } finally {
      closed = true;
    }
  }
  const { tar, summary } = repackContext(source(), LIMITS);
  for await (const chunk of tar) if (chunk.length > 0) break;
  await assert.rejects(summary, /not read to its end/);
  await new Promise(setImmediate);
  assert.equal(closed, true);
});

test("a failing source fails the tar with its own error", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield gzipSync(tarOf(DOCKERFILE)).subarray(0, 20);
    throw new Error("connection lost");
  }
  await assert.rejects(collect(repackContext(source(), LIMITS).tar), /connection lost/);
});

test("100,000 small files pass as they are", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield raw(DOCKERFILE);
    for (let i = 0; i < 100_000; i++) yield raw({ name: `d${i % 100}/f${i}`, body: "x" });
    yield END;
  }
  const { tar, summary } = repackContext(source(), { ...LIMITS, maxBytes: 200_000_000, maxEntries: 110_000 });
  let sizeBytes = 0;
  for await (const chunk of tar) sizeBytes += chunk.length;
  assert.equal((await summary).entries, 100_001);
  assert.equal((await summary).sizeBytes, sizeBytes);
});
