import assert from "node:assert/strict";
import { test } from "node:test";
import { isAlive } from "@hafen/infra/testing";
import {
  assertConverges,
  eventually,
  openRelay,
  startWorld,
  Workload,
  type Relay,
  type World,
} from "../support/index.ts";

/** The world's database by way of a relay: for processes alone, the test's own eyes stay open. */
async function throughRelay(world: World): Promise<{ relay: Relay; env: { DATABASE_URL: string } }> {
  const url = new URL(world.env["DATABASE_URL"] ?? "");
  const relay = await openRelay(`${url.searchParams.get("host")}/.s.PGSQL.5432`, ".s.PGSQL.5432");
  url.searchParams.set("host", relay.directory);
  return { relay, env: { DATABASE_URL: url.href } };
}

test("F28 while Postgres answers nothing the api says 503 instead of hanging, and works again once it does", async () => {
  await using world = await startWorld();
  const work = new Workload(world);
  const kept = await work.running();
  const { relay, env } = await throughRelay(world);
  await using _ = relay;
  await world.api.stop();
  await world.api.start(env);
  const headers = { authorization: `Bearer ${world.adminKey}`, "content-type": "application/json" };
  assert.equal((await fetch(`${world.url}/v1/me`, { headers })).status, 200);

  relay.freeze();
  const asked = ["/v1/me", "/v1/containers", `/v1/containers/${kept.id}`, "/readyz"].map(async (path) => {
    const response = await fetch(`${world.url}${path}`, { headers });
    return [response.status, ((await response.json()) as { code?: string }).code];
  });
  const body = JSON.stringify({ image: "busybox", name: "never" });
  const created = await fetch(`${world.url}/v1/containers`, { method: "POST", headers, body });
  assert.deepEqual([created.status, ((await created.json()) as { code: string }).code], [503, "unavailable"]);
  for (const [status] of await Promise.all(asked)) assert.equal(status, 503);
  assert.equal((await fetch(`${world.url}/healthz`)).status, 200);

  relay.thaw();
  await eventually("it answers again", async () => (await fetch(`${world.url}/v1/me`, { headers })).status === 200);
  const { sql } = world.database;
  assert.equal((await sql`select 1 from containers where name = 'never'`).length, 0, "what was refused was not done");
  await work.running();
  await assertConverges(world);
  assert.equal(await work.starts(kept.id), 1);
});

test("F29 a worker that Postgres does not answer stops acting when its lease is over, and what another took over is done once", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  const { relay, env } = await throughRelay(world);
  await using _ = relay;
  await world.worker.stop();
  await world.worker.start(env);
  const build = await work.runningBuild("cut-off", 5);
  const made = await Promise.all(Array.from({ length: 6 }, () => work.request()));

  const first = world.worker.pid();
  relay.freeze();
  const second = world.anotherWorker();
  const began = performance.now();
  await Promise.all([second.start(), eventually("the first worker has ended itself", () => !isAlive(first))]);
  t.diagnostic(`the host was taken over ${Math.round(performance.now() - began)} ms later`);
  assert.match(world.worker.output(), /may no longer act for its host/);
  relay.thaw();

  await assertConverges(world);
  for (const { id } of made) assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
  const { state, images } = await work.build(build.id);
  assert.deepEqual({ state, images }, { state: "succeeded", images: 1 });
});
