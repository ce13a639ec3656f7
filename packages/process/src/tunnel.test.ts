import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { tunnel } from "./tunnel.ts";

/** `near` and `far` are the ends of two connections that a tunnel joins. */
async function joined(): Promise<{ near: Socket; far: Socket } & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const pair = async (): Promise<[Socket, Socket]> => {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    await once(socket, "connect");
    return [socket, (await accepted)[0]];
  };
  const [near, one] = await pair();
  const [other, far] = await pair();
  for (const socket of [near, far, one, other]) socket.on("error", () => {});
  tunnel(one, other);
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      for (const socket of [near, far, one, other]) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("each half ends by itself, and what was sent before its end all arrives", async () => {
  await using ends = await joined();
  const sent = "x".repeat(3 * 1024 * 1024);
  ends.near.end(sent);
  assert.equal(await text(ends.far), sent);
  ends.far.end("an answer after the question's end");
  assert.equal(await text(ends.near), "an answer after the question's end");
});

test("a break of one side is a break of the other", async () => {
  await using ends = await joined();
  ends.near.write("first");
  await once(ends.far, "data");
  const broken = once(ends.far, "error") as Promise<[NodeJS.ErrnoException]>;
  ends.near.resetAndDestroy();
  assert.equal((await broken)[0].code, "ECONNRESET");
});

test("a side that breaks while the other still sends ends it", async () => {
  await using ends = await joined();
  ends.far.end();
  ends.near.resume();
  await once(ends.near, "end");
  ends.far.resetAndDestroy();
  // Who reads no more learns of it when it writes.
  while (!ends.near.closed) {
    ends.near.write("to nobody");
    await setImmediate();
  }
});
