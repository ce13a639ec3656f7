import assert from "node:assert/strict";
import { test } from "node:test";
import { LABELS } from "@hafen/core";
import { isAlive } from "@hafen/infra/testing";
import { assertConverges, eventually, startWorld, Workload } from "../support/index.ts";

const TOGETHER = 8;

test("F5 F7 a worker that hangs past its lease ends when it goes on, and what a second worker took over is done once", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  const host = { key: LABELS.host, value: await world.hostId() };
  const build = await work.runningBuild("taken-over", 5);
  const made = await Promise.all(Array.from({ length: TOGETHER }, () => work.request()));
  await eventually("one is created", async () => (await world.engine.listContainers(host)).length > 0);

  const first = world.worker.pid();
  process.kill(first, "SIGSTOP");
  const hungAt = performance.now();
  const second = world.anotherWorker();
  await second.start();
  t.diagnostic(`the second worker had the host ${Math.round(performance.now() - hungAt)} ms later`);
  await eventually(
    "the second worker has begun the build anew",
    async () => (await work.build(build.id)).attempt === 2,
  );
  process.kill(first, "SIGCONT");
  const wentOnAt = performance.now();
  await eventually("the first worker has ended itself", () => !isAlive(first), 5_000);
  t.diagnostic(`the first worker ended ${Math.round(performance.now() - wentOnAt)} ms after it went on`);
  assert.match(world.worker.output(), /may no longer act for its host/);

  await assertConverges(world);
  for (const { id } of made) assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
  const { state, attempt, images } = await work.build(build.id);
  assert.deepEqual({ state, attempt, images }, { state: "succeeded", attempt: 2, images: 1 });
});

test("a second worker for a host waits while the first one lives", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const second = world.anotherWorker();
  const ready = second.start();
  await work.running();
  assert.doesNotMatch(second.output(), /"msg":"ready"/);
  await world.worker.stop();
  await ready;
  await work.running();
  await assertConverges(world);
});

test("F6 a worker that is stopped while a container takes its time to end stops in order, and the next one ends it", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running({ command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] });
  await world.admin.containers.stop(id, { graceSeconds: 300 });
  await eventually("the signal is sent", async () => {
    const [row] = await world.database.sql`select 1 from containers where id = ${id} and stop_request ? 'killAt'`;
    return row !== undefined;
  });
  await world.worker.stop();
  assert.match(world.worker.output(), /"msg":"stopped"/);
  assert.doesNotMatch(world.worker.output(), /could not close/);
  await world.anotherWorker().start();
  assert.equal(await work.state(id), "running");
  assert.equal((await world.admin.containers.kill(id, {}, { waitSeconds: 30 })).state, "exited");
  await assertConverges(world);
});
