import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import { boundConnections } from "./connections.ts";

test("one address cannot have all connections, but a trusted proxy's can, and all together have their number", async () => {
  const server = createServer();
  const reasons: string[] = [];
  const refused = (reason: string) => void reasons.push(reason);
  boundConnections(server, { total: 12, perAddress: 3 }, { trusts: (address) => address === "127.0.0.4", refused });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let closed = 0;
  const open = async (localAddress: string, count: number) => {
    for (let at = 0; at < count; at++) {
      const socket = connect({ port, host: "127.0.0.1", localAddress });
      socket.on("error", () => {}).on("close", () => closed++);
      await once(socket, "connect");
    }
  };
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise(setImmediate);
  };
  const byAddress = Array<string>(2).fill("connections_of_address");

  await open("127.0.0.2", 5);
  await until(() => closed === 2);
  assert.deepEqual(reasons, byAddress);
  await open("127.0.0.4", 11);
  await until(() => closed === 4);
  assert.deepEqual(reasons, [...byAddress, "connections", "connections"]);
  server.closeAllConnections();
  await until(() => closed === 16);
  await open("127.0.0.2", 3);
  assert.equal(reasons.length, 4, "what was closed makes room");
  server.close();
  server.closeAllConnections();
});
