import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { containerById, noteBoot, usage, type ContainerRow } from "@hafen/db";
import {
  convergeContainer,
  createContainer,
  endExpired,
  IdleWatch,
  keepHouse,
  pauseContainer,
  restartContainer,
  startAfterBoot,
  stopContainer,
  unpauseContainer,
  updateContainer,
  type HostCtx,
} from "@hafen/core";
import { startMemoryHost, type MemoryHost } from "../support/index.ts";

let memory: MemoryHost;
let host: HostCtx;
before(async () => {
  memory = await startMemoryHost("sweep");
  host = memory.host;
});
after(() => memory[Symbol.asyncDispose]());

type Body = Partial<Parameters<typeof createContainer>[1]>;
const rowOf = async (id: string): Promise<ContainerRow> =>
  (await containerById(host.db, id)) ?? assert.fail("the row is lost");
async function running(body: Body = {}): Promise<string> {
  const { id } = await createContainer(memory.ctx, { image: memory.image, ...body });
  await convergeContainer(host, id);
  return id;
}
async function stopped(body: Body = {}): Promise<string> {
  const id = await running(body);
  await stopContainer(memory.ctx, { ref: id }, { graceSeconds: 0 });
  await convergeContainer(host, id);
  return id;
}
/** The same host, but before its transaction of this number something else happens. */
function interrupted(at: number, happens: () => Promise<unknown>): HostCtx {
  let count = 0;
  const transaction: typeof host.db.transaction = async (work) => {
    if (count++ === at) await happens();
    return host.db.transaction(work);
  };
  const db = new Proxy(host.db, {
    get: (target, name) => (name === "transaction" ? transaction : (Reflect.get(target, name) as unknown)),
  });
  return { ...host, db };
}

describe("a request that comes between the sweep's look and its stop comes first", () => {
  test("for one past its time to live", async () => {
    const id = await running({ ttlSeconds: 60 });
    await memory.database.sql`update containers set expires_at = now() - interval '1 second' where id = ${id}`;
    await endExpired(interrupted(0, () => updateContainer(memory.ctx, { ref: id }, { ttlSeconds: null })));
    assert.equal((await rowOf(id)).desired, "running");
    await memory.database.sql`update containers set expires_at = now() - interval '1 second' where id = ${id}`;
    assert.deepEqual(
      (await endExpired(host)).map((row) => [row.id, row.desired]),
      [[id, "exited"]],
    );
  });

  test("for one that is idle", async () => {
    const id = await running({ idleTimeoutSeconds: 10 });
    const watch = new IdleWatch(() => new Set());
    await watch.round(host);
    await idleFor(id, 3600);
    await watch.round(interrupted(0, () => restartContainer(memory.ctx, { ref: id }, { graceSeconds: 0 })));
    assert.deepEqual([(await rowOf(id)).desired, (await rowOf(id)).startDue], ["running", true]);
  });
});

const idleFor = (id: string, seconds: number) =>
  memory.database
    .sql`update containers set active_at = now() - make_interval(secs => ${seconds}::float8) where id = ${id}`;

describe("a container is idle only as far as somebody watched it", () => {
  const idle = async (watch: IdleWatch) => (await watch.round(host)).map(({ id }) => id);
  const unused = () => new Set<string>();

  test("at a first look, as after a gap between two workers, it counts as at work", async () => {
    const id = await running({ idleTimeoutSeconds: 10 });
    await idleFor(id, 3600);
    const watch = new IdleWatch(unused);
    assert.ok(!(await idle(watch)).includes(id));
    assert.ok(!(await idle(watch)).includes(id), "its span began anew");
    await idleFor(id, 11);
    assert.ok((await idle(watch)).includes(id));
  });

  test("once it is unpaused its span begins anew", async () => {
    const id = await running({ idleTimeoutSeconds: 10 });
    const watch = new IdleWatch(unused);
    await watch.round(host);
    await pauseContainer(memory.ctx, { ref: id });
    await convergeContainer(host, id);
    await watch.round(host);
    await idleFor(id, 3600);
    await unpauseContainer(memory.ctx, { ref: id });
    await convergeContainer(host, id);
    for (let round = 0; round < 2; round++) assert.ok(!(await idle(watch)).includes(id));
  });

  test("one that was used between two looks is at work", async () => {
    const id = await running({ idleTimeoutSeconds: 10 });
    let used = new Set<string>();
    const watch = new IdleWatch(() => used);
    await watch.round(host);
    await idleFor(id, 3600);
    used = new Set([id]);
    assert.ok(!(await idle(watch)).includes(id));
    used = new Set();
    assert.ok(!(await idle(watch)).includes(id));
  });
});

describe("what a container counts in its user's quota", () => {
  const MIB = 1024 ** 2;
  const held = async () => {
    const { running: count, memoryBytes, cpus } = await usage(host.db, memory.ctx.actor.userId);
    return { count, memoryBytes, cpus };
  };
  const quota = (memoryBytes: number) =>
    memory.database.sql`update quotas set memory_bytes = ${memoryBytes} where user_id = ${memory.ctx.actor.userId}`;

  test("is its own until its process has ended, however long a stop takes", async () => {
    const none = await held();
    const id = await running({ limits: { memoryBytes: 64 * MIB } });
    const during = await held();
    await stopContainer(memory.ctx, { ref: id }, { graceSeconds: 300 });
    assert.deepEqual(await held(), during);
    await quota(during.memoryBytes);
    await assert.rejects(
      updateContainer(memory.ctx, { ref: id }, { limits: { memoryBytes: 128 * MIB } }),
      /more of memoryBytes/,
    );
    await quota(2 ** 50);
    await convergeContainer(host, id);
    assert.deepEqual(await held(), none);
  });

  test("is also what it has asked for and not yet got, when it is started", async () => {
    const id = await stopped({ limits: { memoryBytes: 64 * MIB } });
    await updateContainer(memory.ctx, { ref: id }, { limits: { memoryBytes: 128 * MIB } });
    await quota((await held()).memoryBytes + 100 * MIB);
    await assert.rejects(restartContainer(memory.ctx, { ref: id }), /more of memoryBytes/);
    await quota(2 ** 50);
    await restartContainer(memory.ctx, { ref: id });
  });

  test("of limits asked for at the same time none is lost", async () => {
    const id = await running();
    await Promise.all([
      updateContainer(memory.ctx, { ref: id }, { limits: { cpus: 0.25 } }),
      updateContainer(memory.ctx, { ref: id }, { limits: { memoryBytes: 96 * MIB } }),
      updateContainer(memory.ctx, { ref: id }, { limits: { pids: 77 } }),
    ]);
    assert.deepEqual((await rowOf(id)).pendingLimits, { cpus: 0.25, memoryBytes: 96 * MIB, pids: 77 });
  });
});

test("after the machine's start all `always` containers start, also when the first worker is killed in the middle", async () => {
  const ids = [
    await stopped({ restart: { policy: "always" } }),
    await stopped({ restart: { policy: "always" } }),
    await stopped({ restart: { policy: "unless-stopped" } }),
  ];
  await noteBoot(host.db, host.hostId, "before");
  await startAfterBoot(host, "before");
  const due = () => Promise.all(ids.map(async (id) => (await rowOf(id)).startDue));
  assert.deepEqual(await due(), [false, false, false]);
  const killed = interrupted(1, () => Promise.reject(new Error("killed")));
  await assert.rejects(startAfterBoot(killed, "after"), /killed/);
  await startAfterBoot(host, "after");
  assert.deepEqual(await due(), [true, true, false]);
});

test("a container that removes itself takes no restart policy later, either", async () => {
  const id = await running({ autoRemove: true });
  const update = (policy: "always" | "no") => updateContainer(memory.ctx, { ref: id }, { restart: { policy } });
  await assert.rejects(update("always"), /removes itself/);
  await update("no");
});

test("events go after thirty days", async () => {
  const id = await running();
  const { sql } = memory.database;
  const kept = async () =>
    (await sql`select type from events where subject = ${id} order by id`).map(({ type }) => type);
  assert.deepEqual(await kept(), ["container.requested", "container.started"]);
  await sql`update events set created_at = now() - interval '31 days' where subject = ${id} and type = 'container.requested'`;
  await keepHouse(host.db);
  assert.deepEqual(await kept(), ["container.started"]);
});
