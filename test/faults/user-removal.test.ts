import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { carryOutRemovals, keepHouse, LABELS } from "@hafen/core";
import type { Hafen } from "@hafen/sdk";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

/** A user with three containers that run, on as many volumes, an image and a build that goes on. */
async function settler(name: string): Promise<{ id: string; client: Hafen }> {
  const client = await world.user(name);
  await client.builds.createFromFiles({ dockerfile: "FROM busybox\nLABEL a=b\n" }, { tag: "own", ...WAIT });
  await Promise.all(
    ["a", "b", "c"].map((each) =>
      client.containers.create(
        {
          image: "own",
          command: ["sleep", "1000"],
          mounts: [{ type: "volume", source: each, target: "/data" }],
        },
        WAIT,
      ),
    ),
  );
  await client.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN sleep 60; echo ${name}\n` });
  return { id: (await client.me()).id, client };
}

async function assertGone(id: string): Promise<void> {
  await eventually("the user is gone", async () => (await world.admin.users.get(id)).state === "removed");
  const { removal } = await world.admin.users.get(id);
  assert.deepEqual([...new Set(Object.values(removal?.left ?? { none: 1 }))], [0]);
  const mine = { key: LABELS.host, value: await world.hostId() };
  assert.deepEqual([await world.engine.listContainers(mine), await world.engine.listVolumes(mine)], [[], []]);
  await assertConverges(world);
  const done = await world.admin.audit.list({ subject: id, action: "user.removed" });
  assert.equal(done.items.length, 1, "it is written down once");
}

test("F1 F3 the removal of a user is carried through when api and worker are killed in the middle", async () => {
  const { id, client } = await settler("leaver");
  await world.admin.users.remove(id);
  await eventually("some are removed", async () => {
    const [left] = await world.database.sql<{ count: number }[]>`
      select count(*)::int as count from containers where user_id = ${id} and state <> 'removed'`;
    return (left?.count ?? 0) < 3;
  });
  await Promise.all([world.api.kill(), world.worker.kill()]);
  await Promise.all([world.api.start(), world.worker.start()]);
  await assert.rejects(client.me(), { code: "unauthenticated" });
  await assertGone(id);
  assert.equal((await world.admin.users.create({ name: "leaver" })).state, "active");
});

test("F1 an api that is killed while it removes a user has done all of it or nothing, and asked again does it", async () => {
  const { id, client } = await settler("half-gone");
  // Holds the removal between its first statement and its commit.
  const hold = await world.database.sql.reserve();
  await hold`begin`;
  await hold`select 1 from quotas where user_id = ${id} for update`;
  const asking = world.admin.users.remove(id, { timeoutMs: 2_000 }).catch(() => undefined);
  await eventually("it waits in its transaction", async () => {
    const waiting = await world.database.sql`
      select 1 from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()`;
    return waiting.length > 0;
  });
  await world.api.kill();
  await hold`rollback`;
  hold.release();
  await world.api.start();
  await asking;
  const { state } = await world.admin.users.get(id);
  if (state === "active") await client.me();
  else await assert.rejects(client.me(), { code: "unauthenticated" });
  await world.admin.users.remove(id);
  await assertGone(id);
});

test("F36 F30 of a user who goes while the host is gone the rows end, and what the host still has goes when it is back", async () => {
  const { id } = await settler("away");
  await world.worker.kill();
  const { sql, db } = world.database;
  await sql`update hosts set lease_expires_at = now() - interval '61 seconds'`;
  await world.admin.users.remove(id);
  // Any other host's worker does this.
  await keepHouse(db);
  await carryOutRemovals(db);
  assert.equal((await world.admin.users.get(id)).state, "removed");
  assert.equal((await world.admin.users.create({ name: "away" })).state, "active");
  await sql`update volumes set removed_at = now() - interval '2 days' where user_id = ${id}`;
  await sql`update containers set removed_at = now() - interval '2 days' where user_id = ${id}`;
  await keepHouse(db);

  await world.worker.start();
  await eventually("the host has nothing of theirs", async () => {
    const label = { key: LABELS.host, value: await world.hostId() };
    const [containers, volumes] = await Promise.all([
      world.engine.listContainers(label),
      world.engine.listVolumes(label),
    ]);
    return containers.length + volumes.length === 0;
  });
  await eventually("nor the rows", async () => {
    const left = await sql`select id from images where user_id = ${id}`;
    return left.length === 0;
  });
});
