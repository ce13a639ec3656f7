import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { PortConnection } from "@hafen/sdk";
import { openPort } from "../api/ask-port.ts";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

/** On port 7 what comes goes back; on 80 an answer that begins and has no end. */
const SERVE = String.raw`printf '#!/bin/sh\nprintf "HTTP/1.1 200 OK\\r\\n\\r\\nhello"; exec sleep 1000\n' >/stay; chmod +x /stay
nc -ll -p 7 -e cat & exec nc -ll -p 80 -e /stay`;

/** Once its servers listen: a connection that has carried something, and an answer that has begun. */
async function open(world: World, id: string, url: string) {
  for (const port of [7, 80]) {
    await eventually(`port ${port} answers`, async () => {
      const probe = await world.admin.containers.connect(id, port).catch(() => undefined);
      probe?.close();
      return probe !== undefined;
    });
  }
  const connection = await world.admin.containers.connect(id, 7);
  await connection.write("x");
  const output = connection.output[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await output.next()).value as Uint8Array).toString(), "x");
  const answer = await openPort(url);
  assert.equal(String(((await once(answer, "data")) as [Buffer])[0]), "hello");
  return { connection, output, answer };
}

for (const { name, fault } of [
  {
    name: "the api is killed",
    fault: async (world: World) => (await world.api.kill(), await world.api.start()),
  },
  {
    name: "the api is stopped in order",
    fault: async (world: World) => (await world.api.stop(), await world.api.start()),
  },
  {
    name: "the worker is killed",
    fault: async (world: World) => (await world.worker.kill(), await world.worker.start()),
  },
  {
    name: "the worker is stopped in order",
    fault: async (world: World) => (await world.worker.stop(), await world.worker.start()),
  },
]) {
  test(`connections to ports are broken, and not ended, when ${name}; new ones are made once it is back`, async () => {
    await using world = await startWorld();
    const ports = [{ container: 80, public: true }];
    const made = await new Workload(world).running({ command: ["sh", "-c", SERVE], ports });
    const url = made.ports[0]?.url ?? "";
    const { output, answer } = await open(world, made.id, url);
    const broken = [
      assert.rejects(output.next(), { code: "network" }),
      assert.rejects(text(answer), { code: "ECONNRESET" }),
    ];
    await fault(world);
    await Promise.all(broken);
    await eventually("the worker is live", async () =>
      (await world.admin.hosts.list()).items.every(({ live }) => live),
    );
    const again = await open(world, made.id, url);
    again.connection.close();
    again.answer.destroy();
    await assertConverges(world);
  });
}

test("connections end with their container's process", async () => {
  await using world = await startWorld();
  const ports = [{ container: 80, public: true }];
  const made = await new Workload(world).running({ command: ["sh", "-c", SERVE], ports });
  const { output, answer } = await open(world, made.id, made.ports[0]?.url ?? "");
  await world.admin.containers.kill(made.id, {}, { waitSeconds: 30 });
  await Promise.allSettled([output.next(), text(answer)]);
  await assertConverges(world);
});

test("a connection whose container is killed with bytes unsent, which takes its end with it, is broken off all the same", async () => {
  await using world = await startWorld();
  const { id } = await new Workload(world).running({ command: ["nc", "-ll", "-p", "7", "-e", "yes"] });
  let flood: PortConnection | undefined;
  await eventually("it answers", async () => {
    flood = await world.admin.containers.connect(id, 7).catch(() => undefined);
    return flood !== undefined;
  });
  let sent = -1;
  await eventually("all buffers on the way are full", async () => {
    const { stdout } = await world.admin.containers.exec(id, { command: ["cat", "/proc/net/dev"] });
    const now = Number(/eth0:(?:\s+\d+){8}\s+(\d+)/.exec(stdout)?.[1]);
    const waits = now === sent;
    sent = now;
    return waits;
  });
  await world.admin.containers.kill(id, {}, { waitSeconds: 30 });
  assert.ok(flood);
  await assert.rejects(Array.fromAsync(flood.output), { code: "network" });
  await assertConverges(world);
});
