import assert from "node:assert/strict";
import { test } from "node:test";
import { migrate, openDatabase } from "@hafen/db";
import { assertConverges, databaseUrl, requireEnv, startWorld, Workload } from "../support/index.ts";

test("F35 processes that start at once on an empty database migrate it once, and all of them", async () => {
  const server = requireEnv("HAFEN_TEST_DATABASE_URL");
  const name = `deploy_${process.pid}`;
  const admin = openDatabase(server, { connections: 1 });
  await admin.sql.unsafe(`create database ${name}`);
  try {
    const url = databaseUrl(server, name);
    await Promise.all(Array.from({ length: 6 }, () => migrate(url)));
    const made = openDatabase(url, { connections: 1 });
    const [row] = await made.sql<{ applied: number; distinct: number }[]>`
      select count(*)::int as applied, count(distinct hash)::int as "distinct" from drizzle.__drizzle_migrations`;
    await made.close();
    assert.ok(row && row.applied > 0 && row.applied === row.distinct, JSON.stringify(row));
  } finally {
    await admin.sql.unsafe(`drop database ${name} with (force)`);
    await admin.close();
  }
});

test("F35 while api and worker are exchanged for new ones work goes on: what was accepted before is done, and nothing is refused but for a moment", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const build = await work.runningBuild("deployed", 2);
  const made = await Promise.all(Array.from({ length: 4 }, () => work.request()));
  const next = world.anotherWorker();
  const ready = next.start(); // waits for the lease
  await world.api.stop();
  await world.api.start();
  made.push(await work.request());
  await world.worker.stop();
  await ready;
  made.push(await work.running());
  await assertConverges(world);
  for (const { id } of made) assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
  const { state, images } = await work.build(build.id);
  assert.deepEqual({ state, images }, { state: "succeeded", images: 1 });
});
