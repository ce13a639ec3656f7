import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { openLog } from "@hafen/process";
import { OpenStreams } from "./open-streams.ts";
import { openListener } from "./server.ts";

test("a request that is no URL is refused, upgraded or not, and the listener goes on", async () => {
  const listener = await openListener({
    address: "127.0.0.1",
    port: 0,
    secret: "s".repeat(32),
    streams: new OpenStreams(),
    log: openLog("test", "silent"),
    metrics: async () => "up",
  });
  const say = async (request: string): Promise<string> => {
    const socket = connect(listener.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(request);
    return Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
  };
  const upgrade = "connection: upgrade\r\nupgrade: websocket\r\n";
  assert.match(await say(`GET // HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n`), /^HTTP\/1.1 [45]/);
  assert.match(await say("POST // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), /^HTTP\/1.1 [45]/);
  assert.match(await say("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), /up$/);
  await listener.close();
});
