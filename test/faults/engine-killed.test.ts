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

test("F8 containers run on while the engine is killed and started; the worker finds it again and sees what ended meanwhile", async (t) => {
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

test("F8 F14 containers are the same processes after a restart of the engine and a kill of its containerd, and new ones start", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const work = new Workload(world);
  const staying = await work.running();
  const pid = (await world.engine.inspectContainer(staying.id))?.pid ?? 0;
  for (const breakIt of [() => engine.stop(), () => engine.killContainerd()]) {
    await breakIt();
    await engine.start();
    await assertConverges(world);
    assert.equal((await world.engine.inspectContainer(staying.id))?.pid, pid);
    assert.deepEqual([await work.state(staying.id), await work.starts(staying.id)], ["running", 1]);
    const { id } = await work.request();
    await eventually("a new one runs", async () => (await work.state(id)) === "running");
  }
});
