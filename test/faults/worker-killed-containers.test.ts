import assert from "node:assert/strict";
import { test } from "node:test";
import { LABELS } from "@hafen/core";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

const TOGETHER = 6;

/** What the engine must show when the worker is killed; together they hit every point of a start. */
const MOMENTS = [
  { name: "as soon as one is created", reached: (states: string[]) => states.length >= 1 },
  { name: "when all are created and some not running", reached: (states: string[]) => states.length >= TOGETHER },
  { name: "as soon as one runs", reached: (states: string[]) => states.includes("running") },
  {
    name: "when the last runs",
    reached: (states: string[]) => states.filter((state) => state === "running").length === TOGETHER,
  },
];

test("F3 containers whose worker is killed at any moment of their start run, each started exactly once", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  for (const { name, reached } of MOMENTS) {
    const made = await Promise.all(
      Array.from({ length: TOGETHER }, () => work.request({ mounts: [{ type: "volume", target: "/data" }] })),
    );
    await untilEngine(world, reached);
    await world.worker.kill();
    const killedAt = performance.now();
    await Promise.all([
      world.worker.start(),
      eventually(`all run (killed ${name})`, async () =>
        (await Promise.all(made.map(({ id }) => work.state(id)))).every((state) => state === "running"),
      ),
    ]);
    t.diagnostic(`killed ${name}: all run ${Math.round(performance.now() - killedAt)} ms later`);
    await assertConverges(world);
    for (const { id } of made) assert.equal(await work.starts(id), 1, `${id}, killed ${name}`);
    await Promise.all(made.map(({ id }) => world.admin.containers.remove(id, { force: true, volumes: true })));
    await assertConverges(world);
  }
});

test("a container that ended while no worker looked keeps its exit code and is not started again", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running({ command: ["sh", "-c", "echo started; sleep 2; exit 7"] });
  await world.worker.kill();
  await untilEngine(world, (states) => states.includes("exited"));
  await world.worker.start();
  await assertConverges(world);
  const row = await world.admin.containers.get(id);
  assert.deepEqual([row.state, row.exitCode, row.termination?.cause], ["exited", 7, "error"]);
  assert.equal(await work.starts(id), 1);
});

test("F3 a stop whose worker is killed in the grace period ends the container, as stopped by who asked", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running({
    command: ["sh", "-c", "trap 'echo asked' TERM; echo started; while :; do sleep 0.1; done"],
  });
  await world.admin.containers.stop(id, { graceSeconds: 8 });
  await eventually("the signal has arrived", async () => {
    for await (const { text } of world.admin.containers.logs(id)) if (text === "asked") return true;
    return false;
  });
  await world.worker.kill();
  await world.worker.start();
  await assertConverges(world);
  const row = await world.admin.containers.get(id);
  assert.deepEqual([row.state, row.exitCode, row.termination?.cause], ["exited", 137, "stopped"]);
});

test("a kill is not held up by a stop's grace period, also after the worker was killed in it", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running({
    command: ["sh", "-c", "trap 'echo asked' TERM; echo started; while :; do sleep 0.1; done"],
  });
  await world.admin.containers.stop(id, { graceSeconds: 300 });
  await world.worker.kill();
  await world.admin.containers.kill(id);
  await world.worker.start();
  await assertConverges(world);
  assert.equal((await world.admin.containers.get(id)).state, "exited");
});

test("F3 a restart whose worker is killed on the way starts the container exactly once more", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const made = await Promise.all(Array.from({ length: TOGETHER }, () => work.running()));
  await Promise.all(made.map(({ id }) => world.admin.containers.restart(id, { graceSeconds: 0 })));
  await untilEngine(world, (states) => states.includes("exited"));
  await world.worker.kill();
  await world.worker.start();
  await assertConverges(world);
  for (const { id } of made) assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 2]);
});

test("F3 a removal whose worker is killed on the way takes the anonymous volumes with it and keeps the named ones", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const mounts = (n: number) => [
    { type: "volume" as const, target: "/a" },
    { type: "volume" as const, target: "/b" },
    { type: "volume" as const, source: `kept${n}`, target: "/kept" },
  ];
  const made = await Promise.all(Array.from({ length: TOGETHER }, (_, n) => work.running({ mounts: mounts(n) })));
  await Promise.all(made.map(({ id }) => world.admin.containers.remove(id, { force: true, volumes: true })));
  await untilEngine(world, (states) => states.length < TOGETHER);
  await world.worker.kill();
  await world.worker.start();
  await assertConverges(world);
  const rows = await world.database.sql<
    { state: string; anonymous: boolean }[]
  >`select distinct state, anonymous from volumes order by anonymous`;
  assert.deepEqual(
    [...rows],
    [
      { state: "ready", anonymous: false },
      { state: "removed", anonymous: true },
    ],
  );
  for (const { id } of made) assert.equal(await work.state(id), "removed");
});

async function untilEngine(world: World, reached: (states: string[]) => boolean): Promise<void> {
  const host = { key: LABELS.host, value: await world.hostId() };
  await eventually("the engine is where it should be", async () =>
    reached((await world.engine.listContainers(host)).map(({ state }) => state)),
  );
}
