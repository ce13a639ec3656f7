import assert from "node:assert/strict";
import { test } from "node:test";
import { keepHouse } from "@hafen/core";
import { assertConverges, startWorld, Workload } from "../support/index.ts";

test("a host that is gone loses its containers and frees its builds, and takes both up again when it is back", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { id } = await work.running();
  const asked = await world.admin.containers.create(
    { image: "busybox", command: ["sleep", "1000"], start: false },
    { waitSeconds: 30 },
  );
  const build = await work.runningBuild("moved", 2);
  await world.worker.kill();
  const { sql, db } = world.database;
  await sql`update hosts set lease_expires_at = now() - interval '61 seconds'`;
  await keepHouse(db); // any other host's worker does this
  assert.deepEqual([await work.state(id), await work.state(asked.id)], ["lost", "lost"]);
  const [row] = await sql<{ hostId: string | null }[]>`select host_id as "hostId" from builds where id = ${build.id}`;
  assert.equal(row?.hostId, null);

  await world.worker.start();
  await assertConverges(world);
  assert.deepEqual(
    [await work.state(id), await work.starts(id), await work.state(asked.id)],
    ["running", 1, "created"],
  );
  const { state, attempt, images } = await work.build(build.id);
  assert.deepEqual({ state, attempt, images }, { state: "succeeded", attempt: 2, images: 1 });
});
