import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newId, ProblemError, type Quota } from "@hafen/contract";
import {
  createBuild,
  createContainer,
  createKey,
  createVolume,
  receiveContext,
  removeUser,
  startContainer,
} from "@hafen/core";
import { findUser, setQuota, usage } from "@hafen/db";
import { abuse, startMemoryHost, type MemoryHost } from "../support/index.ts";

const MOST = 10;
const AT_ONCE = 200;

let host: MemoryHost;
before(async () => {
  host = await startMemoryHost("quota_races");
});
after(() => host[Symbol.asyncDispose]());

/** A user of its own for each race, with the host's image in the catalog. */
async function someone(quota: Partial<Quota>): Promise<MemoryHost["ctx"]> {
  const { database, ctx } = host;
  const userId = newId("user");
  await database.sql`insert into users (id, name, role) values (${userId}, ${userId}, 'user')`;
  await database.sql`insert into quotas values (${userId}, 10000, 10000, 10000, 1000000000000, 1000, 1000, 1000)`;
  await setQuota(database.db, userId, { keys: 1000, pids: 1_000_000, ...quota });
  await database.sql`update images set catalog = true`;
  return { ...ctx, actor: { userId, scopes: ["read", "write"] } };
}

const LIMITS = { cpus: 0.1, memoryBytes: 8 * 1024 ** 2, pids: 5 };
type Make = (ctx: MemoryHost["ctx"], i: number) => Promise<unknown>;
const container: Make = (ctx) => createContainer(ctx, { image: host.image, limits: LIMITS });
const build: Make = async (ctx) => {
  const source = { files: { Dockerfile: Buffer.from("FROM scratch\n") } };
  return createBuild(ctx, { kind: "dockerfile", ...(await receiveContext(ctx, source, { dockerfile: "Dockerfile" })) });
};

/** What ten of each take, and how one is made. */
const RACES: Partial<Record<keyof Quota, { make: Make; most?: number }>> = {
  containers: { make: (ctx) => createContainer(ctx, { image: host.image, start: false }) },
  running: { make: container },
  cpus: { make: container, most: 1 },
  memoryBytes: { make: container, most: MOST * LIMITS.memoryBytes },
  pids: { make: container, most: MOST * LIMITS.pids },
  volumes: { make: (ctx, i) => createVolume(ctx, { name: `v${i}` }) },
  builds: { make: build },
  buildMinutes: { make: build },
  keys: { make: (ctx, i) => createKey(ctx, { scopes: ["read"], expiresAt: null }, { name: `k${i}` }) },
};

/** How many were made; every other one was refused for the quota, and says for which. */
function made(results: PromiseSettledResult<unknown>[], quota: string): number {
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  for (const error of refused) {
    assert.ok(error instanceof ProblemError, String(error));
    assert.deepEqual([error.code, error.extra["quota"]], ["quota_exceeded", quota]);
  }
  return results.length - refused.length;
}

for (const [name, { make, most = MOST }] of Object.entries(RACES) as [keyof Quota, { make: Make; most?: number }][]) {
  abuse("I4", `${AT_ONCE} parallel requests at a quota of ${MOST}: ${name}`, async () => {
    const ctx = await someone({ [name]: most });
    const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, (_, i) => make(ctx, i)));
    assert.equal(made(results, name), MOST);
    const used = await usage(host.database.db, ctx.actor.userId);
    assert.ok(Math.abs(used[name] - most) < 1e-6, `${used[name]} of ${most}`);
    return `${MOST} were taken, ${AT_ONCE - MOST} refused as quota_exceeded, and a recount says the same.`;
  });
}

abuse("I4", "many starts at once of containers that were made stopped", async () => {
  const ctx = await someone({ running: MOST });
  const rows = await Promise.all(
    Array.from({ length: 3 * MOST }, () => createContainer(ctx, { image: host.image, start: false, limits: LIMITS })),
  );
  await host.database.sql`update containers set state = 'created' where user_id = ${ctx.actor.userId}`;
  const results = await Promise.allSettled(rows.map(({ id }) => startContainer(ctx, { ref: id })));
  assert.equal(made(results, "running"), MOST);
  return `${MOST} of ${rows.length} started.`;
});

test("a quota that is lowered under what is held takes nothing away, and refuses what is new", async () => {
  const ctx = await someone({ volumes: 3 });
  for (const name of ["a", "b", "c"]) await createVolume(ctx, { name });
  await setQuota(host.database.db, ctx.actor.userId, { volumes: 1 });
  await assert.rejects(createVolume(ctx, { name: "d" }), { code: "quota_exceeded" });
  assert.equal((await usage(host.database.db, ctx.actor.userId)).volumes, 3);
});

test("what is asked for while its user is removed is refused, or is removed with the user", async () => {
  const ctx = await someone({});
  const { userId } = ctx.actor;
  const asking = Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? container(ctx, i) : createVolume(ctx, { name: `v${i}` }))),
  );
  await removeUser(host.ctx, userId);
  await asking;
  const { sql, db } = host.database;
  assert.equal((await findUser(db, userId))?.state, "removing");
  const left = await sql`select id from containers where user_id = ${userId} and desired <> 'removed'`;
  assert.deepEqual([...left], []);
  await assert.rejects(createVolume(ctx, { name: "late" }), { code: "quota_exceeded" });
  await assert.rejects(container(ctx, 0), { code: "quota_exceeded" });
});
