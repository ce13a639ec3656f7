import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { newId } from "@hafen/contract";
import {
  containerById,
  findHost,
  listenForChanges,
  openDatabase,
  takeLease,
  upsertImage,
  type Changes,
  type ContainerRow,
  type Database,
} from "@hafen/db";
import { openMemory, type Engine, type MemoryEngine } from "@hafen/engine";
import type { Jobs } from "@hafen/queue";
import {
  convergeContainer,
  createContainer,
  killContainer,
  removeContainer,
  restartContainer,
  startContainer,
  stopContainer,
  Transfers,
  type Ctx,
  type HostCtx,
} from "@hafen/core";
import { cloneDatabase, eventually, type TestDatabase } from "../support/index.ts";

/** The process dies: no code of ours sees an error of this kind, it only comes back as another process. */
class Crash extends Error {}
type When = "before" | "after";

const NO_REGISTRIES = { allowed: new Set<string>(), key: undefined };
let clone: TestDatabase;
let database: Database;
let changes: Changes;
let engine: MemoryEngine;
let ctx: Ctx;
let host: HostCtx;
const jobs: Jobs = { enqueue: async () => true };

before(async () => {
  clone = await cloneDatabase(`crash_${process.pid}`);
  database = openDatabase(clone.url, { connections: 5 });
  changes = await listenForChanges(database.sql);
  engine = openMemory();
  const { db } = database;
  const made = { id: newId("host"), name: "h", leaseHolder: "x", streamUrl: "http://x", cpus: 4, memoryBytes: 2 ** 33 };
  const info = await engine.info();
  const hostId =
    (await takeLease(db, { ...made, engine: { ...info, protections: { ...info.protections } } }, 3600)) ?? "";
  assert.ok(await findHost(db, hostId));
  const actor = { userId: "usr_none", scopes: [] };
  const root: Ctx = { db, jobs, changes, actor, registries: NO_REGISTRIES, portUrl: () => "" };
  const userId = newId("user");
  await database.sql`insert into users (id, name, role) values (${userId}, 'maker', 'admin')`;
  await database.sql`insert into quotas values (${userId}, 10000, 10000, 10000, 1000000000000, 1000, 1000, 1000)`;
  ctx = { ...root, actor: { userId, scopes: ["write"] } };
  const limits = { filesBytes: 1, imageBytes: 1, cloneBytes: 1 };
  host = {
    db,
    jobs,
    engine,
    hostId,
    cgroupRoot: "/none",
    ...limits,
    registries: NO_REGISTRIES,
    transfers: new Transfers(),
  };
  const digest = await engine.importImage(emptyTar(), { changes: ['CMD ["sleep"]'] });
  const image = (await engine.inspectImage(digest)) ?? assert.fail("no image");
  await upsertImage(db, {
    id: newId("image"),
    userId,
    hostId,
    digest,
    sizeBytes: 0,
    architecture: "x",
    os: "x",
    config: image.config,
    diffIds: [],
    catalog: false,
  });
  IMAGE = digest;
});
after(async () => {
  await changes.close();
  await database.close();
  await clone.drop();
});
let IMAGE = "";
async function* emptyTar() {
  yield new Uint8Array(1024);
}

/** The engine and the database of a process that dies at the `at`th call that could change something. */
function dying(at: number, when: When): { host: HostCtx; died: () => boolean } {
  let calls = 0;
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Crash();
    const here = calls++ === at;
    if (here && when === "before") dead = true;
    if (dead) throw new Crash();
    const result = await work();
    if (here) {
      dead = true;
      throw new Crash();
    }
    return result;
  };
  const calling = <T extends object>(target: T, names: (name: string) => boolean): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        const method = value.bind(object) as (...args: unknown[]) => unknown;
        return names(String(name)) ? (...args: unknown[]) => step(async () => method(...args)) : method;
      },
    });
  const wrapped: HostCtx = {
    ...host,
    engine: calling<Engine>(engine, () => true),
    db: calling(host.db, (name) => name === "transaction"),
  };
  return { host: wrapped, died: () => dead };
}

interface Scenario {
  /** Brings a container to where the request is made, and makes it. */
  ask: () => Promise<string>;
  end: Partial<ContainerRow>;
  engineState: string | undefined;
}
const VOLUME = [{ type: "volume" as const, target: "/v" }];
const create = async (command?: string[], start = true) =>
  (await createContainer(ctx, { image: IMAGE, start, mounts: VOLUME, ...(command ? { command } : {}) })).id;
const settledOn = async (command?: string[], start?: boolean) => {
  const id = await create(command, start);
  await convergeContainer(host, id);
  return id;
};
const then =
  (request: (id: string) => Promise<unknown>, from = settledOn) =>
  async () => {
    const id = await from();
    await request(id);
    return id;
  };
const exited = async () => {
  const id = await settledOn();
  await killContainer(ctx, { ref: id });
  await convergeContainer(host, id);
  return id;
};
const SCENARIOS: Record<string, Scenario> = {
  "create and start": { ask: () => create(), end: { state: "running", desired: "running" }, engineState: "running" },
  "create without start": {
    ask: () => create(undefined, false),
    end: { state: "created", desired: "created" },
    engineState: "created",
  },
  "create of what ends at once": {
    ask: () => create(["exit", "3"]),
    end: { state: "exited", desired: "exited", exitCode: 3 },
    engineState: "exited",
  },
  stop: {
    ask: then((ref) => stopContainer(ctx, { ref }, { graceSeconds: 0 })),
    end: { state: "exited", desired: "exited" },
    engineState: "exited",
  },
  kill: {
    ask: then((ref) => killContainer(ctx, { ref })),
    end: { state: "exited", desired: "exited", exitCode: 137 },
    engineState: "exited",
  },
  "start again": {
    ask: then((ref) => startContainer(ctx, { ref }), exited),
    end: { state: "running", desired: "running", termination: null },
    engineState: "running",
  },
  restart: {
    ask: then((ref) => restartContainer(ctx, { ref }, { graceSeconds: 0 })),
    end: { state: "running", desired: "running" },
    engineState: "running",
  },
  "remove by force": {
    ask: then((ref) => removeContainer(ctx, { ref }, { force: true, volumes: true })),
    end: { state: "removed", desired: "removed" },
    engineState: undefined,
  },
  "remove what was never made": {
    ask: then((ref) => removeContainer(ctx, { ref }, { force: true, volumes: true }), create),
    end: { state: "removed" },
    engineState: undefined,
  },
};

async function observed(id: string, end: Partial<ContainerRow>): Promise<object> {
  const row = (await containerById(host.db, id)) ?? assert.fail("the row is lost");
  const seen = await engine.listContainers({ key: "hafen.id", value: id });
  assert.ok(seen.length <= 1, "one container in the engine at most");
  const events = await database.sql<
    { type: string }[]
  >`select type from events where subject = ${id} and type in ('container.started', 'container.removed') order by id`;
  return {
    row: Object.fromEntries(Object.keys(end).map((key) => [key, row[key as keyof ContainerRow]])),
    startDue: row.startDue,
    engine: seen[0]?.state,
    events: events.map(({ type }) => type),
  };
}
/** What ends by itself does so a moment after it was started; the engine's event would bring the row here again. */
async function settle(id: string): Promise<void> {
  await convergeContainer(host, id);
  await eventually("row and engine agree", async () => {
    const row = await containerById(host.db, id);
    const [seen] = await engine.listContainers({ key: "hafen.id", value: id });
    if (row?.state === (seen?.state ?? "removed")) return true;
    await convergeContainer(host, id);
    return false;
  });
}
const starts = (id: string) =>
  engine.calls.filter(({ name, args }) => name === "startContainer" && args[0] === id).length;

describe("a worker that dies at any point leaves a row that the next one brings to the same end", () => {
  for (const [what, { ask, end, engineState }] of Object.entries(SCENARIOS)) {
    test(what, async () => {
      const whole = await ask();
      await settle(whole);
      const expected = await observed(whole, end);
      assert.deepEqual(expected, { ...expected, row: end, startDue: false, engine: engineState });

      for (const when of ["before", "after"] as const) {
        for (let at = 0; ; at++) {
          const id = await ask();
          const first = dying(at, when);
          await convergeContainer(first.host, id).catch((error: unknown) =>
            assert.ok(error instanceof Crash, String(error)),
          );
          await settle(id);
          assert.deepEqual(await observed(id, end), expected, `died ${when} call ${at}`);
          if (!first.died()) break;
          assert.ok(at < 40, "the scenario ends");
        }
      }
    });
  }

  test("a process is started once for each start that was asked for", async () => {
    for (let at = 0; ; at++) {
      const id = await create();
      const first = dying(at, "after");
      await convergeContainer(first.host, id).catch(() => {});
      await convergeContainer(host, id);
      const row = await containerById(host.db, id);
      assert.equal(starts(row?.engineId ?? ""), 1, `died after call ${at}`);
      if (!first.died()) break;
    }
  });

  test("and one whose engine does not answer for a while converges once it does", async () => {
    const id = await create();
    for (const call of ["createVolume", "createContainer", "startContainer", "inspectContainer"] as const) {
      engine.fail(call, "unavailable");
      await assert.rejects(convergeContainer(host, id));
    }
    await convergeContainer(host, id);
    assert.equal((await containerById(host.db, id))?.state, "running");
  });
});

test("a converge that is interrupted for a newer request leaves the row to it", async () => {
  const id = await settledOn(["ignore-term", ";", "sleep"]);
  await stopContainer(ctx, { ref: id }, { graceSeconds: 300 });
  const abort = new AbortController();
  const stopping = convergeContainer(host, id, abort.signal);
  stopping.catch(() => {});
  await killContainer(ctx, { ref: id });
  abort.abort();
  await assert.rejects(stopping);
  await convergeContainer(host, id);
  const row = await containerById(host.db, id);
  assert.deepEqual([row?.state, row?.exitCode], ["exited", 137]);
});
