import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { newId } from "@hafen/contract";
import {
  buildById,
  imageById,
  listenForChanges,
  setTag,
  openDatabase,
  takeLease,
  type Changes,
  type Database,
} from "@hafen/db";
import { openMemory, type Engine, type MemoryEngine } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import {
  cancelBuild,
  getImage,
  removeImage,
  createBuild,
  internalTag,
  receiveImage,
  reconcile,
  runBuild,
  Transfers,
  type Ctx,
  type HostCtx,
} from "@hafen/core";
import { tarOf } from "../api/tar.ts";
import { cloneDatabase, type TestDatabase } from "../support/index.ts";

let clone: TestDatabase;
let database: Database;
let changes: Changes;
let engine: MemoryEngine;
let ctx: Ctx;
let host: HostCtx;
/** What each call of the engine is preceded by. */
let meanwhile: (name: keyof Engine, args: unknown[]) => unknown;

before(async () => {
  clone = await cloneDatabase(`attempts_${process.pid}`);
  database = openDatabase(clone.url, { connections: 5 });
  changes = await listenForChanges(database.sql);
  engine = openMemory();
  const { db } = database;
  const info = await engine.info();
  const made = { id: newId("host"), name: "h", leaseHolder: "x", streamUrl: "http://x", cpus: 4, memoryBytes: 2 ** 33 };
  const hostId = await takeLease(db, { ...made, engine: { ...info, protections: { ...info.protections } } }, 3600);
  const userId = newId("user");
  await database.sql`insert into users (id, name, role) values (${userId}, 'maker', 'user')`;
  await database.sql`insert into quotas values (${userId}, 10000, 10000, 10000, 1000000000000, 1000, 1000, 1000)`;
  const registries = { allowed: new Set<string>() };
  const jobs = { enqueue: async () => true };
  ctx = {
    db,
    jobs,
    changes,
    actor: { userId, scopes: ["read", "write"] },
    registries,
    secretKeys: undefined,
    portUrl: () => "",
  };
  host = {
    db,
    jobs,
    engine: new Proxy<Engine>(engine, {
      get(target, name) {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return async (...args: unknown[]) => {
          await meanwhile(name as keyof Engine, args);
          return method(...args);
        };
      },
    }),
    hostId: hostId ?? "",
    cgroupRoot: "/none",
    filesBytes: 1,
    imageBytes: 1,
    cloneBytes: 1,
    registries,
    transfers: new Transfers(),
    secretKeys: undefined,
  };
});
after(async () => {
  await changes.close();
  await database.close();
  await clone.drop();
});
beforeEach(() => {
  meanwhile = () => {};
});

async function* rootfs(content: string) {
  yield await tarOf({ f: content });
}
/** An import: the shortest of builds. */
async function queued(tag = "made", content = "x"): Promise<string> {
  const { blob, kind } = await receiveImage(ctx, rootfs(content));
  return (await createBuild(ctx, { kind, blob, dockerfileText: "", tag })).id;
}
const run = (id: string, signal: AbortSignal = new AbortController().signal) => runBuild(host, id, signal, 0);
const row = async (id: string) => (await buildById(host.db, id)) ?? assert.fail("no row");
const events = async (id: string) =>
  (await database.sql<{ type: string }[]>`select type from events where subject = ${id} order by id`).map(
    ({ type }) => type,
  );
const away = () => {
  throw new EngineError("unavailable", "the engine is away");
};

test("F13 a build that finds the engine away, and one that it leaves, is built once it is back, however often it was so", async () => {
  const id = await queued();
  for (let times = 0; times < 7; times++) {
    meanwhile = away;
    await assert.rejects(run(id), { kind: "unavailable" });
    meanwhile = (name) => {
      if (name !== "importImage") return;
      meanwhile = away;
      away();
    };
    await assert.rejects(run(id), { kind: "unavailable" });
  }
  meanwhile = () => {};
  await run(id);
  const { state, attempt } = await row(id);
  assert.deepEqual([state, attempt], ["succeeded", 8]);
});

test("a build that the engine fails five times is failed, with the engine's words", async () => {
  const id = await queued();
  for (let times = 0; times < 5; times++) engine.fail("importImage", "unavailable");
  for (let times = 0; times < 4; times++) await assert.rejects(run(id), { kind: "unavailable" });
  await run(id);
  const { state, failure } = await row(id);
  assert.deepEqual([state, failure?.code], ["failed", "host_lost"]);
  assert.match(failure?.detail ?? "", /failed 5 times while building, at last with: importImage: fails as planned/);
});

test("a failure that no column can hold as it is ends its build all the same", async () => {
  const id = await queued();
  meanwhile = (name) => {
    if (name === "importImage") throw new EngineError("invalid", "nothing \0 of \ud83d this");
  };
  await run(id);
  assert.equal((await row(id)).failure?.detail, "nothing \ufffd of \ufffd this");
});

test("an image whose tag cannot be set after its build has succeeded is held until it can", async () => {
  const id = await queued();
  let fails = 0;
  const cannotTag = (name: keyof Engine, [, tag]: unknown[]) => {
    if (name !== "tagImage" || !String(tag).includes(":img_")) return;
    fails += 1;
    away();
  };
  meanwhile = cannotTag;
  await run(id);
  const { state, imageId } = await row(id);
  assert.deepEqual([state, fails], ["succeeded", 1]);
  const tag = internalTag(host.hostId, imageId ?? "");
  const names = async () => (await engine.listTags(internalTag(host.hostId, ""))).map((held) => held.tag);
  assert.ok((await names()).some((name) => name.includes(id)));

  const orphan = internalTag(host.hostId, "orphan");
  const other = await engine.importImage(rootfs("y"), { changes: ['CMD ["other"]'] });
  await engine.tagImage(other, orphan);
  const { failed, removed } = await reconcile(host);
  assert.deepEqual([failed.length, fails, removed], [1, 2, [orphan]]);
  assert.ok((await names()).some((name) => name.includes(id)));

  meanwhile = () => {};
  await reconcile(host);
  assert.deepEqual(
    (await names()).filter((name) => name === tag || name.includes(id)),
    [tag],
  );
});

test("cancelled is what a build was, not what was asked for", async () => {
  const waiting = await queued();
  await cancelBuild(ctx, waiting);
  assert.deepEqual((await events(waiting)).slice(1), ["build.cancelled"]);

  const ended = await queued();
  const leaving = new AbortController();
  meanwhile = async (name) => {
    if (name !== "importImage") return;
    await cancelBuild(ctx, ended);
    leaving.abort();
  };
  await run(ended, leaving.signal);
  assert.deepEqual((await events(ended)).slice(1), ["build.started", "build.cancelled"]);

  const quicker = await queued();
  meanwhile = async (name) => void (name === "importImage" && (await cancelBuild(ctx, quicker)));
  await run(quicker);
  assert.deepEqual((await events(quicker)).slice(1), ["build.started", "build.succeeded"]);
});

test("a name that moves while it is removed goes from the image it stands for, and its old image stays", async () => {
  const { userId } = ctx.actor;
  const images = [];
  for (const content of ["first", "second"]) {
    const id = await queued("moving", content);
    await run(id);
    images.push((await row(id)).imageId ?? "");
  }
  const [old = "", now = ""] = images;
  const name = { userId, name: "moving:latest", catalog: false };
  await setTag(ctx.db, { ...name, imageId: old });
  let moved = false;
  const moving = new Proxy(ctx.db, {
    get: (target, key) =>
      key !== "transaction"
        ? Reflect.get(target, key)
        : async (...work: Parameters<typeof target.transaction>) => {
            if (!moved) await setTag(target, { ...name, imageId: now });
            moved = true;
            return target.transaction(...work);
          },
  });
  assert.deepEqual(await removeImage({ ...ctx, db: moving }, "moving"), { untagged: ["moving:latest"], deleted: true });
  assert.equal((await imageById(ctx.db, old))?.state, "ready");
  assert.equal((await imageById(ctx.db, now))?.state, "removing");
});

test("nobody sees the names that another has kept to themselves, on an image of the catalog either", async () => {
  const id = await queued("offered", "offered");
  await run(id);
  const imageId = (await row(id)).imageId ?? "";
  await database.sql`update images set catalog = true where id = ${imageId}`;
  await database.sql`update image_tags set catalog = true where image_id = ${imageId}`;
  await setTag(ctx.db, { userId: ctx.actor.userId, name: "kept:latest", imageId, catalog: false });
  assert.deepEqual((await getImage(ctx.db, newId("user"), imageId)).tags, ["offered:latest"]);
  assert.deepEqual((await getImage(ctx.db, ctx.actor.userId, imageId)).tags, ["kept:latest", "offered:latest"]);
});
