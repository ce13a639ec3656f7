import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "@hafen/contract";
import { chooseConnection, JOBS, openBackend, openQueues, queueName, type JobName } from "@hafen/queue";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

const GENERATIONS = [0, 1, 2, 3, 1_000_000];

test("F31 jobs that come twice, late, for another generation or for somebody else's row do nothing that the row does not say", async () => {
  await using world = await startWorld();
  const other = new Workload(world, await world.user("other"));
  const work = new Workload(world);
  const running = await other.running({ mounts: [{ type: "volume", source: "mine", target: "/data" }] });
  const ended = await work.running();
  await world.admin.containers.stop(ended.id, { graceSeconds: 0 }, { waitSeconds: 30 });
  const removed = await work.running();
  await world.admin.containers.remove(removed.id, { force: true, waitSeconds: 30 });
  const build = await work.runningBuild("once", 3);
  const [image] = (await world.admin.images.list()).items;
  const [volume] = await world.database.sql<{ id: string }[]>`select id from volumes`;
  const before = await picture(world);

  const ids = [
    running.id,
    ended.id,
    removed.id,
    build.id,
    image?.id ?? "",
    volume?.id ?? "",
    newId("container"),
    "ctr_' or true --",
  ];
  await deliver(world, ids);
  await eventually("the build has ended", async () => (await work.build(build.id)).state !== "running");
  await deliver(world, ids);
  await assertConverges(world);

  assert.deepEqual(await picture(world), before);
  assert.deepEqual([await other.starts(running.id), await work.starts(ended.id)], [1, 1]);
  const { state, attempt, images } = await work.build(build.id);
  assert.deepEqual({ state, attempt, images }, { state: "succeeded", attempt: 1, images: 1 });
});

test("jobs that are no jobs of ours are refused and hold nothing up", async () => {
  await using world = await startWorld();
  const backend = openBackend(
    chooseConnection(world.env["REDIS_URL"], world.env["DATABASE_URL"] ?? ""),
    world.env["HAFEN_QUEUE_PREFIX"] ?? "",
  );
  const queue = backend.queue(queueName(await world.hostId(), "control"));
  const options = { removeOnComplete: true, removeOnFail: true };
  await queue.add("constructor", { id: "x", generation: 1 }, options);
  await queue.add("container.converge", { id: 7 }, options);
  await queue.add("container.converge", { id: "x", generation: 1, command: "rm" }, options);
  await queue.add("build.run", null, options);
  const { id } = await new Workload(world).running();
  await eventually("all are taken", async () =>
    Object.values(await queue.getJobCounts("waiting", "active", "delayed", "failed")).every((count) => count === 0),
  );
  await queue.close();
  await backend.close();
  await world.admin.containers.remove(id, { force: true });
  await assertConverges(world);
});

test("F31 of stops, starts and removals whose jobs come in the wrong order the last request decides", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  for (let round = 0; round < 3; round++) {
    await world.admin.containers.restart(id, { graceSeconds: 0 });
    await deliver(world, [id]);
    await world.admin.containers.kill(id).catch(() => {}); // 409 between the restart's stop and its start
    await deliver(world, [id]);
    await assertConverges(world);
    if ((await work.state(id)) === "exited") await world.admin.containers.start(id, { waitSeconds: 30 });
  }
  await world.admin.containers.remove(id, { force: true });
  await deliver(world, [id]);
  await assertConverges(world);
  assert.equal(await work.state(id), "removed");
});

/** Every kind of job, for every id, of every generation, twice, on every queue. */
async function deliver(world: World, ids: string[]): Promise<void> {
  const backend = openBackend(
    chooseConnection(world.env["REDIS_URL"], world.env["DATABASE_URL"] ?? ""),
    world.env["HAFEN_QUEUE_PREFIX"] ?? "",
  );
  const queues = openQueues(backend);
  const hostId = await world.hostId();
  for (const name of Object.keys(JOBS) as JobName[]) {
    for (const generation of [...GENERATIONS, ...GENERATIONS.toReversed()]) {
      await Promise.all(
        ids.flatMap((id) => [
          queues.enqueue(hostId, name, { id, generation }),
          queues.enqueue(null, name, { id, generation }),
        ]),
      );
    }
  }
  const busy = async () => Object.values(await queues.counts()).some((counts) => (counts["waiting"] ?? 0) > 0);
  await eventually("all are taken", async () => !(await busy()));
  await queues.close();
  await backend.close();
}

/** Of containers and volumes: what their rows say and when the engine last started them. */
async function picture(world: World): Promise<unknown> {
  const rows = await world.database.sql`
    select id, state, desired, generation, engine_started_at from containers union all select id, state, null, 0, null from volumes order by id`;
  return [...rows];
}
