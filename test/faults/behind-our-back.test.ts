import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "@hafen/contract";
import { LABELS } from "@hafen/core";
import { engineRequest } from "@hafen/infra";
import { assertConverges, eventually, startWorld, Workload, type World } from "../support/index.ts";

test("a container that was removed on its host is failed, with a reason, and can be removed", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  await world.engine.removeContainer(id);
  await eventually("the row says so", async () => (await work.state(id)) === "failed");
  const row = await world.admin.containers.get(id);
  assert.deepEqual([row.failure?.code, row.termination?.cause], ["gone", "operator"]);
  await world.admin.containers.remove(id);
  await assertConverges(world);
});

test("a container that was removed on its host while no worker looked is failed, with a reason", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  await world.worker.kill();
  await world.engine.removeContainer(id);
  await world.worker.start();
  await eventually("the row says so", async () => (await work.state(id)) === "failed");
  await assertConverges(world);
});

test("a container that was stopped on its host has ended, with its signal", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  await world.engine.stopContainer(id, { graceSeconds: 5 });
  await assertConverges(world);
  const row = await world.admin.containers.get(id);
  assert.deepEqual(
    [row.state, row.desired, row.termination?.cause, row.termination?.signal],
    ["exited", "exited", "signal", "SIGTERM"],
  );
});

test("a container that was started on its host, though it should not run, is stopped again", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const ended = await work.running();
  await world.admin.containers.stop(ended.id, { graceSeconds: 0 }, { waitSeconds: 30 });
  const created = await world.admin.containers.create(
    { image: "busybox", command: ["sleep", "1000"], start: false },
    { waitSeconds: 30 },
  );
  for (const { id } of [ended, created]) await world.engine.startContainer(id);
  await eventually("both are stopped", async () =>
    (await infos(world, [ended.id, created.id])).every((state) => state === "exited"),
  );
  await assertConverges(world);
  // Started through Hafen they run.
  for (const { id } of [ended, created])
    assert.equal((await world.admin.containers.start(id, { waitSeconds: 30 })).state, "running");
});

test("a volume that was removed on its host is made again, empty, for the next container that mounts it", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const mounts = [{ type: "volume" as const, source: "data", target: "/data" }];
  const first = await work.running({ mounts });
  await world.admin.containers.remove(first.id, { force: true, waitSeconds: 30 });
  const volume = await world.admin.volumes.get("data");
  await world.engine.removeVolume(volume.id);
  await eventually(
    "the row no longer says that it is there",
    async () => (await world.admin.volumes.get("data")).state === "pending",
  );
  await assertConverges(world);
  await work.running({ mounts });
  assert.equal((await world.admin.volumes.get("data")).state, "ready");
  await assertConverges(world);
});

test("what carries the host's label under another name is left alone; what has a proper name and no row is removed", async () => {
  await using world = await startWorld();
  const hostId = await world.hostId();
  const foreign = `foreign-${hostId}`;
  const orphan = newId("container");
  const orphanVolume = newId("volume");
  await plant(world, foreign, { [LABELS.host]: hostId, [LABELS.id]: newId("container") });
  await plant(world, orphan, { [LABELS.host]: hostId, [LABELS.id]: orphan });
  await world.engine.createVolume({ name: orphanVolume, labels: { [LABELS.host]: hostId, [LABELS.id]: orphanVolume } });
  await assertConverges(world, { foreign: [foreign] });
  assert.equal(await world.engine.inspectContainer(orphan), undefined);
  assert.equal(await world.engine.inspectVolume(orphanVolume), undefined);
  assert.equal((await world.engine.inspectContainer(foreign))?.state, "running");
});

async function infos(world: World, ids: string[]): Promise<(string | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await world.engine.inspectContainer(id))?.state));
}

/** A running container that Hafen did not make. */
async function plant(world: World, name: string, labels: Record<string, string>): Promise<void> {
  const engine = world.env["DOCKER_HOST"] ?? "";
  const image = (await world.admin.images.get("busybox")).digest;
  const made = await engineRequest(engine, "POST", `/containers/create?name=${name}`, {
    json: { Image: image, Cmd: ["sleep", "1000"], Labels: labels },
    timeoutMs: 30_000,
  });
  assert.equal(made.status, 201, made.body);
  await world.engine.startContainer(name);
}
