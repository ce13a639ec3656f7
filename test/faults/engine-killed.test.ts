import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LABELS } from "@hafen/core";
import { isAlive } from "@hafen/infra/testing";
import { assertConverges, eventually, openOwnEngine, startWorld, Workload, type OwnEngine } from "../support/index.ts";

let engine: OwnEngine;
before(async () => {
  engine = await openOwnEngine();
});
after(() => engine[Symbol.asyncDispose]());

test("F8 F10 containers run on while the engine is killed and started; the worker finds it again and sees what ended meanwhile", async (t) => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const staying = await Promise.all([work.running(), work.running()]);
  const ending = await work.running({ command: ["sh", "-c", "echo started; sleep 3; exit 5"] });
  const pids = await Promise.all(staying.map(async ({ id }) => (await world.engine.inspectContainer(id))?.pid ?? 0));
  const endingPid = (await world.engine.inspectContainer(ending.id))?.pid ?? 0;

  await engine.kill();
  const asked = await work.request();
  await eventually("one has ended while the engine was down", () => !isAlive(endingPid));
  for (const { id } of [...staying, ending, asked])
    assert.notEqual(await work.state(id), "failed", "an engine that is away fails nothing");
  await engine.start();
  const backAt = performance.now();
  await assertConverges(world);
  t.diagnostic(`all at rest ${Math.round(performance.now() - backAt)} ms after the engine was back`);

  for (const [n, { id }] of staying.entries()) {
    const now = await world.engine.inspectContainer(id);
    assert.deepEqual([await work.state(id), now?.pid, await work.starts(id)], ["running", pids[n], 1]);
  }
  const row = await world.admin.containers.get(ending.id);
  assert.deepEqual([row.state, row.exitCode], ["exited", 5]);
  assert.equal(await work.state(asked.id), "running");
});

test("F10 F11 with starts and a build under way the engine is killed and started, and all of it comes to its end", async (t) => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const build = await work.runningBuild("rebuilt", 3);
  const made = await Promise.all(Array.from({ length: 6 }, () => work.request()));
  const host = { key: LABELS.host, value: await world.hostId() };
  await eventually("one is created", async () => (await world.engine.listContainers(host)).length > 0);
  await engine.kill();
  await engine.start();
  const backAt = performance.now();
  await assertConverges(world);
  t.diagnostic(`all at rest ${Math.round(performance.now() - backAt)} ms after the engine was back`);
  for (const { id } of made) assert.equal(await work.state(id), "running");
  const { state, images } = await work.build(build.id);
  assert.deepEqual({ state, images }, { state: "succeeded", images: 1 });
});

test("F8 an engine that is stopped in order and started again leaves every container its process", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const made = [await work.running(), await work.running()];
  const pids = await Promise.all(made.map(async ({ id }) => (await world.engine.inspectContainer(id))?.pid ?? 0));
  await engine.kill("SIGTERM");
  await engine.start();
  await assertConverges(world);
  for (const [n, { id }] of made.entries()) {
    const now = await world.engine.inspectContainer(id);
    assert.deepEqual([await work.state(id), now?.pid, await work.starts(id)], ["running", pids[n], 1]);
  }
});

test("F12 while the engine hangs the api answers and takes requests; once it goes on each is done once", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const kept = await work.running();
  const stopping = await work.running();
  await engine.freeze();
  const asked = await Promise.all(Array.from({ length: 4 }, () => work.request()));
  await world.admin.containers.stop(stopping.id, { graceSeconds: 0 });
  assert.equal((await world.admin.containers.get(kept.id)).state, "running");
  assert.equal((await world.admin.containers.list()).items.length, 6);
  for (const { id } of asked) assert.equal(await work.state(id), "pending");
  await engine.thaw();
  await assertConverges(world);
  for (const { id } of [kept, ...asked])
    assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
  assert.equal(await work.state(stopping.id), "exited");
});

test("F14 containers run on while containerd alone is killed, and both daemons serve them again", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const kept = await work.running();
  const pid = (await world.engine.inspectContainer(kept.id))?.pid ?? 0;
  await engine.killContainerd();
  const asked = await work.request();
  assert.ok(isAlive(pid));
  await engine.start(); // as the supervisor of `npm start` does within a second
  await assertConverges(world);
  assert.deepEqual([await work.state(kept.id), await work.starts(kept.id)], ["running", 1]);
  assert.equal((await world.engine.inspectContainer(kept.id))?.pid, pid);
  assert.equal(await work.state(asked.id), "running");
  const { stdout } = await world.admin.containers.exec(kept.id, { command: ["echo", "again"] });
  assert.equal(stdout, "again\n");
});
