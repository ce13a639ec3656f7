import assert from "node:assert/strict";
import { test } from "node:test";
import { wholeTar } from "./whole-tar.ts";

async function* pieces(...parts: Uint8Array[]) {
  yield* parts;
}
const read = async (maxBytes: number, ...parts: Uint8Array[]) =>
  Buffer.concat(await Array.fromAsync(wholeTar(pieces(...parts), maxBytes)));
const head = Buffer.alloc(512, "x");

test("a tar with its end passes as it is, however it is cut", async () => {
  const whole = Buffer.concat([head, Buffer.alloc(1024)]);
  assert.deepEqual(await read(1e6, whole), whole);
  const cut = Array.from({ length: whole.length / 128 }, (_, i) => whole.subarray(i * 128, (i + 1) * 128));
  assert.deepEqual(await read(1e6, ...cut), whole);
});

test("one without its end is refused, though nothing in it is cut", async () => {
  await assert.rejects(read(1e6, head), { code: "volume_changing" });
  await assert.rejects(read(1e6, head, Buffer.alloc(512)), { code: "volume_changing" });
  await assert.rejects(read(1e6), { code: "volume_changing" });
});

test("one over the limit breaks there", async () => {
  await assert.rejects(read(1000, head, Buffer.alloc(1024)), { code: "file_too_large" });
});
