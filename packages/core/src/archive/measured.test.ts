import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { InputError } from "./error.ts";
import { measured } from "./measured.ts";
import { pax, tarOf } from "./test-tar.ts";

const MIB = 1024 * 1024;
const bomb = tarOf({ name: "zeros", body: Buffer.alloc(20 * MIB) });
const small = tarOf({ name: "f", body: "content" });
const by = (program: string, input: Uint8Array) => execFileSync(program, ["-c"], { input, maxBuffer: 64 * MIB });

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}
async function pass(bytes: Uint8Array, budget = { maxBytes: 10 * MIB, unpackedBytes: 0 }): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(measured(chunks(bytes), "a.tar", budget)));
}
const refused = (bytes: Uint8Array, code: string) =>
  assert.rejects(pass(bytes), (error: unknown) => error instanceof InputError && error.code === code);

test("an archive that unpacks to more than the budget is refused, however it is compressed", async () => {
  for (const packed of [bomb, gzipSync(bomb), by("xz", bomb)]) await refused(packed, "context_too_large");
});

test("the archives of one context have one budget", async () => {
  const budget = { maxBytes: 30 * MIB, unpackedBytes: 0 };
  await pass(gzipSync(bomb), budget);
  await assert.rejects(pass(gzipSync(bomb), budget), InputError);
});

test("holes are no way around it, and neither is an archive that only the engine might read", async () => {
  const sparse = tarOf({ name: "f" }, { name: "s", flag: "S" });
  for (const archive of [sparse, tarOf(pax({ "GNU.sparse.major": "1" }), { name: "s" }), small.subarray(0, 700)]) {
    await refused(archive, "context_entry_refused");
    await refused(gzipSync(archive), "context_entry_refused");
  }
});

test("what fits, and what is no archive or damaged data, passes as it is", async () => {
  const text = Buffer.from("no archive ".repeat(50_000));
  const files = [small, gzipSync(small), by("xz", small), text, gzipSync(text), gzipSync(text).subarray(0, 200)];
  for (const file of [...files, Buffer.alloc(0), Buffer.from([0x1f, 0x8b])]) assert.deepEqual(await pass(file), file);
});

test("a reader that leaves ends the measuring", async () => {
  const reading = measured(chunks(gzipSync(bomb)), "a.tar", { maxBytes: 30 * MIB, unpackedBytes: 0 });
  await reading.next();
  await reading.return(undefined);
});
