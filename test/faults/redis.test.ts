import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { LABELS } from "@hafen/core";
import {
  assertConverges,
  eventually,
  openRedis,
  startWorld,
  Workload,
  type OwnRedis,
  type World,
} from "../support/index.ts";

const TOGETHER = 8;
/** Over the 4 s after which a job's lock is lost, and over the 2 s a nudge waits. */
const FROZEN_MS = 8_000;

const FAULTS: { row: string; name: string; strike: (redis: OwnRedis) => Promise<void> }[] = [
  { row: "F23", name: "Redis is wiped", strike: (redis) => redis.flushAll() },
  {
    row: "F22",
    name: "Redis is killed without persistence and started",
    async strike(redis) {
      await redis.kill();
      await redis.start();
    },
  },
  {
    row: "F25",
    name: "Redis hangs for some seconds",
    async strike(redis) {
      redis.freeze();
      await delay(FROZEN_MS); // the fault itself, not a wait for something
      redis.thaw();
    },
  },
  { row: "F26", name: "Redis is full and throws keys away at random", strike: (redis) => redis.evict() },
];

for (const { row, name, strike } of FAULTS) {
  test(`${row} nothing is lost and nothing is done twice when, with a build and starts under way, ${name}`, async (t) => {
    await using redis = await openRedis();
    await using world = await startWorld({ env: { REDIS_URL: redis.url } });
    const work = new Workload(world);
    const build = await work.runningBuild("kept", 4);
    const queued = await world.admin.builds.createFromFiles(
      { dockerfile: "FROM busybox\nLABEL waits=1\n" },
      { tag: "waited" },
    );
    const made = await Promise.all(Array.from({ length: TOGETHER }, () => work.request()));
    await untilOneIsCreated(world);

    const struckAt = performance.now();
    const striking = strike(redis);
    const during = await Promise.all(Array.from({ length: 3 }, () => work.request()));
    await striking;
    await assertConverges(world);
    t.diagnostic(`all at rest ${Math.round(performance.now() - struckAt)} ms after the fault began`);

    for (const { id } of [...made, ...during])
      assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
    const { state, attempt, images } = await work.build(build.id);
    assert.deepEqual({ state, attempt, images }, { state: "succeeded", attempt: 1, images: 1 });
    assert.equal((await work.build(queued.id)).state, "succeeded");
    const next = await work.running();
    assert.equal(await work.starts(next.id), 1);
  });
}

test("F24 containers are made and removed while there is no Redis at all", async () => {
  await using redis = await openRedis();
  await using world = await startWorld({ env: { REDIS_URL: redis.url } });
  const work = new Workload(world);
  await redis.kill();
  const { id } = await work.running();
  await world.admin.containers.remove(id, { force: true });
  await assertConverges(world);
  assert.equal(await work.state(id), "removed");
});

async function untilOneIsCreated(world: World): Promise<void> {
  const host = { key: LABELS.host, value: await world.hostId() };
  await eventually("one is created", async () => (await world.engine.listContainers(host)).length > 0);
}
