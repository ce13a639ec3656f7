import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { newId } from "@hafen/contract";
import { internalTag, LABELS } from "@hafen/core";
import { engineRequest } from "@hafen/infra";
import { assertConverges, eventually, eventuallyHolds, startWorld, Workload, type World } from "../support/index.ts";

test("F15 a container that was removed on its host is failed, with a reason, and can be removed", async () => {
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

test("F15 a container that was removed on its host while no worker looked is failed, with a reason", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  await world.worker.kill();
  await world.engine.removeContainer(id);
  await world.worker.start();
  await eventually("the row says so", async () => (await work.state(id)) === "failed");
  await assertConverges(world);
});

test("F15 a container that was stopped on its host has ended, with its signal", async () => {
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

test("F15 a container that was started on its host, though it should not run, is stopped again", async () => {
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

test("F15 a volume that was removed on its host is made again, empty, for the next container that mounts it", async () => {
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
  // The feed shows what is older than every open transaction of the cluster.
  await eventuallyHolds(async () => {
    const lost = await world.admin.events.list({ type: "volume.lost" });
    assert.deepEqual(
      lost.map(({ subject, data }) => [subject, data["name"]]),
      [[volume.id, "data"]],
    );
  });
  // Until then its emptiness is not taken for its data.
  for (const request of [
    () => buffer(world.admin.volumes.getFiles("data", "/")),
    () => world.admin.volumes.clone("data", { name: "copy" }, { waitSeconds: 30 }),
  ])
    await assert.rejects(request(), { code: "volume_lost" });
  await work.running({ mounts });
  assert.equal((await world.admin.volumes.get("data")).state, "ready");
  await buffer(world.admin.volumes.getFiles("data", "/"));
  await assertConverges(world);
});

test("F16 what carries the host's label under another name is left alone; an empty volume without a row is removed", async () => {
  await using world = await startWorld();
  const hostId = await world.hostId();
  const foreign = `foreign-${hostId}`;
  const orphanVolume = newId("volume");
  await plant(world, foreign, { [LABELS.host]: hostId, [LABELS.id]: newId("container") });
  await world.engine.createVolume({ name: orphanVolume, labels: { [LABELS.host]: hostId, [LABELS.id]: orphanVolume } });
  await assertConverges(world, { foreign: [foreign] });
  assert.equal(await world.engine.inspectVolume(orphanVolume), undefined);
  assert.equal((await world.engine.inspectContainer(foreign))?.state, "running");
});

test("F15 a volume that was removed on its host is made again, and its owner told, also when a container comes before the sweep", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const mounts = [{ type: "volume" as const, source: "data", target: "/data" }];
  const first = await work.running({ mounts });
  await world.admin.containers.remove(first.id, { force: true, waitSeconds: 30 });
  const { id } = await world.admin.volumes.get("data");
  await world.engine.removeVolume(id);
  await work.running({ mounts });
  const told = await world.admin.events.list({ type: "volume.lost" });
  assert.deepEqual(
    told.map(({ subject }) => subject),
    [id],
  );
  await assertConverges(world);
});

test("after the database was put back to a backup, what was made since is kept: containers stopped, volumes with data as they are", async () => {
  await using world = await startWorld();
  const { database } = world;
  const work = new Workload(world);
  const made = await work.running({
    command: ["sh", "-c", "echo data > /data/file; echo layer > /layer; exec sleep 1000"],
    mounts: [{ type: "volume", source: "data", target: "/data" }],
  });
  const gone = await work.running();
  const { id: volumeId } = await world.admin.volumes.get("data");
  await world.worker.kill();
  await database.sql`delete from mounts where container_id = ${made.id}`;
  await database.sql`delete from containers where id = ${made.id}`;
  await database.sql`delete from volumes where id = ${volumeId}`;
  await database.sql`update containers set state = 'removed', desired = 'removed', removed_at = now() where id = ${gone.id}`;
  await world.worker.start();
  await eventually("the container does not run on", async () => {
    const now = await world.engine.inspectContainer(made.id);
    return now?.state === "exited";
  });
  await assertConverges(world, { unclaimed: [made.id, volumeId] });
  assert.equal(await world.engine.inspectContainer(gone.id), undefined);
  for (const path of ["/layer", "/data/file"]) assert.ok(await world.engine.statPath(made.id, path));
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

test("F19 a container whose image was removed on its host fails with that reason, and with the image is made", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const image = await world.admin.images.get("busybox");
  await world.admin.builds.createFromFiles(
    { dockerfile: "FROM busybox\nRUN echo only > /one\n" },
    { tag: "one", waitSeconds: 60 },
  );
  const { id, digest } = await world.admin.images.get("one");
  await world.engine.removeTag(internalTag(await world.hostId(), id));
  assert.equal(await world.engine.inspectImage(digest), undefined);
  const made = await work.request({ image: "one" });
  await eventually("it fails", async () => (await work.state(made.id)) === "failed");
  assert.equal((await world.admin.containers.get(made.id)).failure?.code, "image_missing");
  assert.equal((await work.running({ image: image.id })).state, "running");
  await world.admin.containers.remove(made.id, { waitSeconds: 30 });
  await world.admin.images.remove("one");
  await assertConverges(world);
});
