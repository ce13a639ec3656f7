import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createContainer, listFlows } from "@hafen/core";
import { addEgress, addFlows, egressBytes, type FlowIncrease } from "@hafen/db";
import { startMemoryHost, type MemoryHost } from "../support/index.ts";

let memory: MemoryHost;
before(async () => {
  memory = await startMemoryHost("flows");
});
after(() => memory[Symbol.asyncDispose]());

const newContainer = async () => (await createContainer(memory.ctx, { image: memory.image })).id;
function increase(containerId: string, more: Partial<FlowIncrease> = {}): FlowIncrease {
  const counts = { sentPackets: 1, sentBytes: 60, receivedPackets: 2, receivedBytes: 900 };
  const to = { protocol: "tcp", address: "192.0.2.1", port: 443, name: "deb.debian.org" };
  return { containerId, verdict: "allowed", ...to, ...counts, ...more };
}
const add = (increases: FlowIncrease[]) => memory.database.db.transaction((tx) => addFlows(tx, increases));

describe("a container's flows", () => {
  test("add up by destination and verdict, and one without an address or a port has null", async () => {
    const id = await newContainer();
    await add([increase(id), increase(id, { verdict: "denied" })]);
    await add([increase(id), increase(id, { verdict: "denied", protocol: "dns", address: "", port: 0, name: "" })]);
    const { items } = await listFlows(memory.ctx, { ref: id }, { limit: 50, verdict: "allowed" });
    assert.deepEqual(
      items.map((flow) => [flow.address, flow.sentBytes, flow.receivedPackets]),
      [["192.0.2.1", 120, 4]],
    );
    const denied = await listFlows(memory.ctx, { ref: id }, { limit: 50, verdict: "denied" });
    assert.deepEqual(
      denied.items.map(({ protocol, address, port, name }) => [protocol, address, port, name]),
      [
        ["dns", null, null, null],
        ["tcp", "192.0.2.1", 443, "deb.debian.org"],
      ],
    );
  });

  test("are kept for the 1,000 destinations seen last, and pages give each of them once", async () => {
    const [id, other] = [await newContainer(), await newContainer()];
    await add([increase(other)]);
    await add(Array.from({ length: 600 }, (_, port) => increase(id, { port: port + 1 })));
    await add(Array.from({ length: 600 }, (_, port) => increase(id, { port: port + 1001 })));
    await add([increase(id, { port: 7 })]);
    const seen: (number | null)[] = [];
    let cursor: string | undefined;
    do {
      const page = await listFlows(memory.ctx, { ref: id }, { limit: 200, cursor });
      seen.push(...page.items.map(({ port }) => port));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    assert.equal(seen.length, 1_000);
    assert.equal(new Set(seen).size, 1_000);
    assert.ok(Array.from({ length: 600 }, (_, port) => port + 1001).every((port) => seen.includes(port)));
    assert.equal((await listFlows(memory.ctx, { ref: other }, { limit: 50 })).items.length, 1);
  });

  test("of a container that is in no row are dropped, and the others of the same reading are not", async () => {
    const id = await newContainer();
    await add([increase("ctr_gone"), increase(id)]);
    assert.equal((await listFlows(memory.ctx, { ref: id }, { limit: 50 })).items.length, 1);
  });
});

test("bytes to the outside are counted by user and day, and those of 30 days ago no more", async () => {
  const { db, sql } = memory.database;
  const { userId } = memory.ctx.actor;
  const containers = [await newContainer(), await newContainer()];
  for (let round = 0; round < 2; round++)
    await db.transaction((tx) =>
      addEgress(
        tx,
        containers.map((containerId) => ({ containerId, bytes: 500 })),
      ),
    );
  await sql`insert into usage_days values
    (${userId}, (now() at time zone 'utc')::date - 29, 7), (${userId}, (now() at time zone 'utc')::date - 30, 70000)`;
  assert.equal(await egressBytes(db, userId, 30), 2_007);
});
