import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { ContainerHandle, Hafen, PortConnection } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
/** Ends its half at once, and keeps what it gets after that. */
const BYE = "echo bye | nc -l -p 1003 >>/kept";

async function allOf({ output }: PortConnection): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(output));
}

describe("a connection to a port", () => {
  let world: World;
  let user: Hafen & { apiKey: string };
  let container: ContainerHandle;
  before(async () => {
    world = await startWorld();
    user = await world.user();
    container = await serving({ 1000: "cat", 1001: "wc -c", 1002: "sleep 1000", 1003: BYE, 2000: "yes" });
  });
  after(() => world[Symbol.asyncDispose]());

  /** A server on each port that runs the command for every connection. */
  async function serving(servers: Record<number, string>): Promise<ContainerHandle> {
    const lines = Object.entries(servers).map(([port, run]) =>
      run === BYE ? `while :; do ${run}; done &` : `nc -ll -p ${port} -e ${run} &`,
    );
    const command = ["sh", "-c", `${lines.join("\n")}\nwait`];
    const made = await user.containers.use({ image: "busybox", command }, WAIT);
    for (const port of Object.keys(servers)) {
      await eventually(`port ${port} answers`, async () => {
        const connection = await made.connect(Number(port)).catch(() => undefined);
        connection?.close();
        return connection !== undefined;
      });
    }
    return made;
  }
  const socketTo = (path: string, apiKey = user.apiKey) => {
    const options = { headers: { authorization: `Bearer ${apiKey}` } };
    const url = `${world.url.replace("http", "ws")}/v1/containers/${container.id}${path}`;
    const socket = new WebSocket(url, options as never);
    socket.binaryType = "arraybuffer";
    return socket;
  };

  test("carries every byte both ways at once, far more than any buffer holds, of a port that nobody declared", async () => {
    assert.deepEqual(container.container.ports, []);
    const connection = await container.connect(1000);
    const [sent, received] = [createHash("sha256"), createHash("sha256")];
    const piece = randomBytes(MIB);
    const writing = (async () => {
      for (let i = 0; i < 64; i++) {
        sent.update(piece);
        await connection.write(piece);
      }
      connection.end();
    })();
    for await (const data of connection.output) received.update(data);
    await writing;
    assert.equal(received.digest("hex"), sent.digest("hex"));
  });

  test("either side may end its half first", async () => {
    const counting = await container.connect(1001);
    await counting.write("four");
    counting.end();
    assert.equal((await allOf(counting)).toString(), "4\n");
    const ended = await container.connect(1003);
    assert.equal((await allOf(ended)).toString(), "bye\n");
    await ended.write("after the server's end");
    ended.end();
    await eventually("it has arrived", async () => {
      const { stdout } = await container.exec({ command: ["cat", "/kept"] });
      return stdout === "after the server's end";
    });
  });

  test("a reader that waits makes the server wait, and a server that waits the writer", async () => {
    const flood = await container.connect(2000);
    await flood.output[Symbol.asyncIterator]().next();
    let sent = -1;
    await eventually("the server waits", async () => {
      const { stdout } = await container.exec({ command: ["cat", "/proc/net/dev"] });
      const now = Number(/eth0:(?:\s+\d+){8}\s+(\d+)/.exec(stdout)?.[1]);
      const waits = now === sent;
      sent = now;
      return waits;
    });
    assert.ok(sent < 192 * MIB, `${sent} bytes, with the 64 MiB of the test before, are in buffers`);
    flood.close();
    const stuck = await container.connect(1002);
    let written = 0;
    const writing = (async () => {
      for (;;) {
        await stuck.write(Buffer.alloc(MIB));
        written += MIB;
      }
    })();
    let last = -1;
    await eventually("the writer waits", () => {
      const waits = written > 0 && written === last;
      last = written;
      return waits;
    });
    assert.ok(written < 64 * MIB, `${written} bytes are in buffers`);
    stuck.close();
    await assert.rejects(writing, { code: "aborted" });
  });

  test("is refused before it is opened, with the reason", async () => {
    const other = await world.user();
    await refusal(other.containers.connect(container.id, 1000), "container_not_found");
    const unreachable = await refusal(container.connect(9), "port_unreachable");
    assert.match(unreachable.detail, /0\.0\.0\.0/);
    await refusal(container.connect(0), "invalid_request");
    await refusal(container.connect(65_536), "invalid_request");
    const reader = await user.keys.create({ name: "reader", scopes: ["read"] });
    const path = `/v1/containers/${container.id}/ports/1000/connect`;
    assert.equal((await ask(world.url, "GET", path, { key: reader.apiKey })).status, 403);
    assert.equal((await ask(world.url, "GET", path, { key: user.apiKey })).status, 426);
    const idle = await user.containers.create({ image: "busybox", start: false }, WAIT);
    const error = await refusal(user.containers.connect(idle.id, 80), "container_wrong_state");
    assert.deepEqual(error.states, ["running"]);
  });

  test("closes on what a client may not send, and says why", async () => {
    const cases: [string, string | Uint8Array<ArrayBuffer>, number][] = [
      ["", "text", 1003],
      ["", '{"type":"read","bytes":0}', 1003],
      ["", new Uint8Array(MIB + 1), 1009],
      ["?window=65536", new Uint8Array(65_537), 1008],
    ];
    for (const [query, message, code] of cases) {
      const socket = socketTo(`/ports/1002/connect${query}`);
      await once(socket, "open");
      socket.send(message);
      assert.equal(((await once(socket, "close")) as [CloseEvent])[0].code, code);
    }
  });

  test("works message by message without a window, and ends with 1000 once both sides have", async () => {
    const socket = socketTo("/ports/1001/connect");
    await once(socket, "open");
    const messages: (string | ArrayBuffer)[] = [];
    socket.addEventListener("message", ({ data }) => messages.push(data as ArrayBuffer));
    socket.send(new Uint8Array(1000));
    socket.send(new Uint8Array(0));
    assert.equal(((await once(socket, "close")) as [CloseEvent])[0].code, 1000);
    assert.deepEqual(
      messages.map((data) => Buffer.from(data as ArrayBuffer).toString()),
      ["1000\n", ""],
    );
  });

  test("ends with the key it was opened with, and with its container", async () => {
    const { apiKey, id } = await user.keys.create({ name: "short", scopes: ["read", "write"] });
    const socket = socketTo("/ports/1002/connect", apiKey);
    await once(socket, "open");
    const closed = once(socket, "close") as Promise<[CloseEvent]>;
    await user.keys.revoke(id);
    assert.equal((await closed)[0].code, 1008);
    const short = await serving({ 1: "sleep 1000" });
    const connection = await short.connect(1);
    await short.remove({ force: true, ...WAIT });
    await allOf(connection).catch(() => {});
  });

  test("a container that has ended is not reached, whoever has its address by then", async () => {
    const first = await serving({ 1: "echo first" });
    const { addresses = [] } = (await world.engine.inspectContainer(first.id)) ?? {};
    assert.equal(addresses.length, 1);
    await first.stop({ graceSeconds: 0 }, WAIT);
    await using second = await serving({ 1: "echo second" });
    await refusal(first.connect(1), "container_wrong_state");
    assert.equal((await allOf(await second.connect(1))).toString(), "second\n");
  });
});
