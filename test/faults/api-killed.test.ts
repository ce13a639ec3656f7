import assert from "node:assert/strict";
import { test } from "node:test";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

test("F24 with a queue that cannot be reached a create is acknowledged within 3 s and the sweep does the work", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  await world.api.stop();
  await world.api.start({ REDIS_URL: "unix:///nonexistent/redis.sock" });
  const began = performance.now();
  const { id } = await work.request();
  const acknowledgedMs = performance.now() - began;
  t.diagnostic(`acknowledged after ${Math.round(acknowledgedMs)} ms`);
  assert.ok(acknowledgedMs < 3_000, `acknowledged after ${acknowledgedMs} ms`);
  const build = await world.admin.builds.createFromFiles({ dockerfile: "FROM busybox\nLABEL a=b\n" }, { tag: "swept" });
  await assertConverges(world);
  t.diagnostic(`all done after ${Math.round(performance.now() - began)} ms`);
  assert.equal(await work.state(id), "running");
  assert.equal((await work.build(build.id)).state, "succeeded");
});

test("F1 of 50 parallel creates whose api is killed every acknowledged one exists, and a retry with its key makes no other", async (t) => {
  await using world = await startWorld();
  const COUNT = 50;
  const first: Answer[] = [];
  const asking = Promise.all(Array.from({ length: COUNT }, async (_, n) => void first.push(await create(world, n))));
  await eventually("some are acknowledged", () => first.length >= 5);
  await world.api.kill();
  await asking;
  const acknowledged = first.filter(({ status }) => status === 200 || status === 202);
  t.diagnostic(`${acknowledged.length} of ${COUNT} were acknowledged before the kill`);
  assert.ok(acknowledged.length < COUNT, "the kill came too late to mean anything");

  await world.api.start();
  const again = await Promise.all(Array.from({ length: COUNT }, (_, n) => createUntilAnswered(world, n)));
  const idOf = new Map(again.map(({ n, id }) => [n, id]));
  for (const { n, id } of acknowledged) assert.equal(idOf.get(n), id, `key ${n}`);
  assert.equal(new Set(idOf.values()).size, COUNT);
  const [rows] = await world.database.sql<{ count: number }[]>`select count(*)::int as count from containers`;
  assert.equal(rows?.count, COUNT);
  await assertConverges(world);
});

interface Answer {
  n: number;
  /** 0: the connection broke. */
  status: number;
  id?: string;
}

/** Without the client, which would try again by itself. One in ten is started, to keep the machine's two cores for the rest. */
async function create(world: World, n: number): Promise<Answer> {
  const body = JSON.stringify({ image: "busybox", name: `many${n}`, command: ["sleep", "1000"], start: n % 10 === 0 });
  const headers = {
    authorization: `Bearer ${world.adminKey}`,
    "content-type": "application/json",
    "idempotency-key": `many-${n}`,
  };
  try {
    const response = await fetch(`${world.url}/v1/containers`, { method: "POST", headers, body });
    const { id } = (await response.json()) as { id?: string };
    return { n, status: response.status, ...(id === undefined ? {} : { id }) };
  } catch {
    return { n, status: 0 };
  }
}

/** 409 says that the first request may still be under way: its claim runs out. */
async function createUntilAnswered(world: World, n: number): Promise<Answer> {
  let answer = await create(world, n);
  await eventually(`key ${n} is answered`, async () => {
    if (answer.status === 409) answer = await create(world, n);
    return answer.status !== 409;
  });
  assert.ok(answer.status === 200 || answer.status === 202, `key ${n}: ${answer.status}`);
  return answer;
}
