import assert from "node:assert/strict";
import { test } from "node:test";
import { keepHouse } from "@hafen/core";
import { assertConverges, eventually, startWorld, Workload } from "../support/index.ts";

test("F30 F36 a host that is gone loses its containers, frees its builds and holds up no removal, and takes all up again when it is back", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  const asked = await world.admin.containers.create(
    { image: "busybox", command: ["sleep", "1000"], start: false },
    { waitSeconds: 30 },
  );
  const going = await work.running({ name: "going" });
  const ended = await work.running();
  await world.admin.containers.stop(ended.id, { graceSeconds: 0 }, { waitSeconds: 30 });
  const build = await work.runningBuild("moved", 2);
  await world.worker.kill();
  const { sql, db } = world.database;
  await sql`update hosts set lease_expires_at = now() - interval '61 seconds'`;
  await world.admin.containers.start(ended.id);
  await world.admin.containers.remove(going.id, { force: true });
  await keepHouse(db); // any other host's worker does this
  assert.deepEqual([await work.state(ended.id), await work.state(going.id)], ["lost", "removed"]);
  assert.equal((await world.engine.inspectContainer(going.id))?.state, "running");
  await world.admin.containers.rename(id, "going");
  await sql`update containers set removed_at = now() - interval '2 days' where id = ${going.id}`;
  await keepHouse(db);
  assert.equal(await work.state(going.id), "removed", "the host is told when it is back");
  assert.deepEqual([await work.state(id), await work.state(asked.id)], ["lost", "lost"]);
  const [row] = await sql<{ hostId: string | null }[]>`select host_id as "hostId" from builds where id = ${build.id}`;
  assert.equal(row?.hostId, null);

  await world.worker.start();
  await eventually("both are taken up", async () =>
    (await Promise.all([id, ended.id].map((each) => work.state(each)))).every((state) => state === "running"),
  );
  await assertConverges(world);
  assert.equal(await world.engine.inspectContainer(going.id), undefined);
  assert.deepEqual(
    [await work.state(id), await work.starts(id), await work.state(asked.id)],
    ["running", 1, "created"],
  );
  const { state, attempt, images } = await work.build(build.id);
  assert.deepEqual({ state, attempt, images }, { state: "succeeded", attempt: 2, images: 1 });
});
