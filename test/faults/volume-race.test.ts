import assert from "node:assert/strict";
import { test } from "node:test";
import { newId } from "@hafen/contract";
import { assertConverges, eventually, startWorld, Workload } from "../support/index.ts";

test("a container that takes over a volume at the moment its container is removed with its volumes keeps the data", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { sql } = world.database;
  const { id } = await work.running({
    mounts: [{ type: "volume", target: "/data" }],
    command: ["sh", "-c", "echo kept > /data/file; exec sleep 1000"],
  });
  const heir = newId("container");

  // The transaction of a create with volumesFrom, held open where it has the volume and its mount is not yet written.
  await sql.begin(async (tx) => {
    await tx`select 1 from volumes v join mounts m on m.volume_id = v.id where m.container_id = ${id} for share of v`;
    await world.admin.containers.remove(id, { force: true, volumes: true });
    await eventually(
      "the removal waits for the volume",
      async () =>
        (await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
          .length > 0,
    );
    const changes = {
      id: heir,
      name: "heir",
      desired: "created",
      state: "pending",
      start_due: false,
      engine_id: null,
      engine_started_at: null,
      remove_volumes: false,
    };
    await tx`insert into containers select (jsonb_populate_record(c, ${JSON.stringify(changes)}::text::jsonb)).* from containers c where id = ${id}`;
    const columns = tx`position, user_id, type, volume_id, volume_owner_id, grant_id, target, read_only, size_bytes`;
    await tx`insert into mounts (container_id, ${columns}) select ${heir}, ${columns} from mounts where container_id = ${id}`;
  });

  await assertConverges(world);
  assert.equal(await work.state(id), "removed");
  const reader = await world.admin.containers.create({
    image: "busybox",
    command: ["cat", "/data/file"],
    volumesFrom: [heir],
  });
  assert.equal((await world.admin.containers.wait(reader.id)).exitCode, 0);
});
