import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { tunnel } from "./tunnel.ts";

/** `near` and `far` are the ends of two connections that a tunnel joins. */
async function joined(path?: string): Promise<{ near: Socket; far: Socket; one: Socket } & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }).listen(
    path === undefined ? { port: 0, host: "127.0.0.1" } : { path },
  );
  await once(server, "listening");
  const address = server.address() as AddressInfo | string;
  const to = typeof address === "string" ? { path: address } : { port: address.port, host: "127.0.0.1" };
  const pair = async (): Promise<[Socket, Socket]> => {
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = connect({ ...to, allowHalfOpen: true });
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
    one,
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

test("a break is one also between sockets that know no reset", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hafen-tunnel-"));
  await using ends = await joined(join(directory, "socket"));
  const closed = once(ends.far, "close");
  ends.far.on("end", () => ends.far.end()).resume();
  ends.one.destroy(new Error("broken"));
  await closed;
  await rm(directory, { recursive: true, force: true });
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
