import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import { framed } from "./framed.ts";

const MIB = 1024 * 1024;

/** Both ends of one connection. */
async function connected(): Promise<{ one: Socket; other: Socket } & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const one = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  const [other] = await accepted;
  return {
    one,
    other,
    async [Symbol.asyncDispose]() {
      one.destroy();
      other.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("carries every byte both ways, each half to its own end, and then nothing is left open", async () => {
  await using ends = await connected();
  const [one, other] = [framed(ends.one, { allowHalfOpen: true }), framed(ends.other, { allowHalfOpen: true })];
  const closed = [once(ends.one, "close"), once(ends.other, "close")];
  const sent = randomBytes(5 * MIB);
  one.write(sent.subarray(0, 1));
  one.write("");
  one.end(sent.subarray(1));
  assert.ok((await buffer(other)).equals(sent));
  other.end("an answer after the question's end");
  assert.equal(await text(one), "an answer after the question's end");
  await Promise.all(closed);
});

test("takes frames that arrive byte by byte", async () => {
  await using ends = await connected();
  const read = text(framed(ends.other, { allowHalfOpen: true }));
  ends.one.setNoDelay();
  for (const byte of Buffer.from("\0\0\0\x02ab\0\0\0\x01c\0\0\0\0")) {
    ends.one.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  assert.equal(await read, "abc");
});

test("a connection that closes without its end said is broken off, in the middle of a piece and between two", async () => {
  for (const said of ["", "\0\0\0\x04ab", "\0\0\0\x02ab"]) {
    await using ends = await connected();
    const read = text(framed(ends.other, { allowHalfOpen: true }));
    ends.one.end(said);
    await assert.rejects(read, /broken off/);
  }
});

test("one that is destroyed is broken off on the other side", async () => {
  await using ends = await connected();
  const [one, other] = [framed(ends.one, { allowHalfOpen: true }), framed(ends.other, { allowHalfOpen: true })];
  one.on("error", () => {});
  one.write("first");
  await once(other, "readable");
  one.destroy();
  await assert.rejects(text(other));
});
