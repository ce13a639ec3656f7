import assert from "node:assert/strict";
import { test } from "node:test";
import { openDatabase } from "@hafen/db";
import {
  assertConverges,
  eventually,
  eventuallyHolds,
  openOwnPostgres,
  requireEnv,
  startWorld,
  Workload,
  type World,
} from "../support/index.ts";

const COUNT = 20;
const CUTS = 10;

test("F27 while all connections to Postgres are cut again and again the api works or says 503, and everything comes to rest", async (t) => {
  await using world = await startWorld();
  const work = new Workload(world);
  const build = await work.runningBuild("cut", 4);
  const kept = await work.running();

  const statuses: number[] = [];
  const asking = Promise.all(Array.from({ length: COUNT }, (_, n) => createUntilAccepted(world, n, statuses)));
  await cutConnections(world, CUTS);
  const healedAt = performance.now();
  const ids = await asking;
  t.diagnostic(`all accepted ${Math.round(performance.now() - healedAt)} ms after the last cut`);
  await eventuallyHolds(() => world.database.sql`select 1`);
  t.diagnostic(
    `answers: ${JSON.stringify(
      Object.fromEntries(
        Map.groupBy(statuses, String)
          .entries()
          .map(([status, all]) => [status, all.length]),
      ),
    )}`,
  );
  assert.deepEqual(
    statuses.filter((status) => ![200, 202, 409, 503].includes(status)),
    [],
  );

  await assertConverges(world);
  t.diagnostic(`all at rest ${Math.round(performance.now() - healedAt)} ms after the last cut`);
  assert.equal(new Set(ids).size, COUNT);
  for (const id of ids) assert.ok(["created", "running"].includes((await work.state(id)) ?? "lost"), id);
  assert.equal(await work.starts(kept.id), 1);
  const { state, images } = await work.build(build.id);
  assert.deepEqual({ state, images }, { state: "succeeded", images: 1 });
});

/** Each as soon as the processes are connected again. */
async function cutConnections(world: World, times: number): Promise<void> {
  const name = new URL(world.env["DATABASE_URL"] ?? "").pathname.slice(1);
  await using admin = withDispose(openDatabase(requireEnv("HAFEN_TEST_DATABASE_URL"), { connections: 1 }));
  for (let cut = 0; cut < times; cut++) {
    await eventually("somebody is connected", async () => {
      const ended = await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
      return ended.length >= 2;
    });
  }
}

function withDispose<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() });
}

async function createUntilAccepted(world: World, n: number, statuses: number[]): Promise<string> {
  const body = JSON.stringify({ image: "busybox", name: `cut${n}`, command: ["sleep", "1000"], start: n % 5 === 0 });
  const headers = {
    authorization: `Bearer ${world.adminKey}`,
    "content-type": "application/json",
    "idempotency-key": `cut-${n}`,
  };
  let id: string | undefined;
  let last = "";
  await eventually(`container ${n} is accepted`, async () => {
    const response = await fetch(`${world.url}/v1/containers`, { method: "POST", headers, body });
    statuses.push(response.status);
    last = await response.text();
    id = (JSON.parse(last) as { id?: string }).id;
    return response.ok || ![409, 503].includes(response.status);
  });
  assert.ok(id, `container ${n}: ${last}`);
  return id;
}

test("F27 of creates while Postgres is killed every acknowledged one is there, and everything comes to rest once it is back", async (t) => {
  await using postgres = await openOwnPostgres();
  await using world = await startWorld({ databaseServer: postgres.url });
  const work = new Workload(world);
  const kept = await work.running();
  const statuses: number[] = [];
  const asking = Promise.all(Array.from({ length: COUNT }, (_, n) => createUntilAccepted(world, n, statuses)));
  await eventually("some are accepted", () => statuses.filter((status) => status === 202).length >= 3);
  await postgres.kill();
  await eventually("some are refused", () => statuses.includes(503));
  await postgres.start();
  const ids = await asking;
  t.diagnostic(`${statuses.filter((status) => status === 503).length} answers were 503`);
  await assertConverges(world);
  assert.equal(new Set(ids).size, COUNT);
  for (const id of ids) assert.ok(["created", "running"].includes((await work.state(id)) ?? "lost"), id);
  assert.equal(await work.starts(kept.id), 1);
});
