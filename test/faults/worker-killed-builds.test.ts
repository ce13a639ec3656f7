import assert from "node:assert/strict";
import { test } from "node:test";
import { assertConverges, eventually, startWorld, Workload } from "../support/index.ts";

test("F3 a build whose worker is killed in the middle of a RUN is built once more, and makes exactly one image", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.runningBuild("survivor", 3);

  await world.worker.kill();
  const killedAt = performance.now();
  await Promise.all([world.worker.start(), work.buildRuns(id, 2)]);
  t.diagnostic(`resumed ${Math.round(performance.now() - killedAt)} ms after the kill`);

  await eventually("the build has ended", async () => (await work.build(id)).state !== "running");
  const build = await work.build(id);
  assert.equal(build.state, "succeeded");
  assert.equal(build.attempt, 2);
  assert.equal(build.images, 1);
  assert.match(build.log, /attempt 2 begins/);
  await assertConverges(world);
  const ran = await world.admin.containers.create(
    { image: "survivor", command: ["cat", "/mark"] },
    { waitSeconds: 30 },
  );
  assert.equal((await world.admin.containers.wait(ran.id)).exitCode, 0);
});

test("F4 a build that five workers in a row die of is failed with a reason, and nothing of it is left", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.runningBuild("doomed", 1000);
  for (let attempt = 1; attempt <= 5; attempt++) {
    await work.buildRuns(id, attempt);
    await world.worker.kill();
    assert.equal((await work.build(id)).attempt, attempt);
    await world.worker.start();
  }
  await assertConverges(world);
  const build = await work.build(id);
  assert.deepEqual([build.state, build.attempt, build.failure?.code, build.images], ["failed", 5, "host_lost", 0]);
});

test("F3 a build that is cancelled while its worker is dead is cancelled when the worker is back, and nothing of it is left", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.runningBuild("unwanted", 1000);
  await world.worker.kill();
  await world.admin.builds.cancel(id);
  await world.worker.start();
  await assertConverges(world);
  assert.equal((await work.build(id)).state, "cancelled");
});

test("F6 a build whose worker is stopped in order is built once more by the next worker", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.runningBuild("handed-over", 3);
  await world.worker.stop();
  assert.equal((await work.build(id)).state, "running");
  await world.worker.start();
  await eventually("the build has ended", async () => (await work.build(id)).state !== "running");
  assert.equal((await work.build(id)).state, "succeeded");
  await assertConverges(world);
});
