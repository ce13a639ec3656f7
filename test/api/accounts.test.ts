import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Hafen } from "@hafen/sdk";
import { OWNED_TABLES } from "@hafen/db";
import { eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";
import { upgrade } from "./sockets.ts";

const WAIT = { waitSeconds: 60 };
const SLEEP = ["sleep", "1000"];

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

const as = (apiKey: string) => new Hafen({ url: world.url, apiKey });

describe("an admin changes what a user may", () => {
  test("a quota under what is held takes nothing away, and refuses what is new", async () => {
    const user = await world.user("lowered");
    await user.volumes.create({ name: "a" });
    await user.volumes.create({ name: "b" });
    const changed = await world.admin.users.update("lowered", { quota: { volumes: 1 } });
    assert.deepEqual([changed.quota.volumes, changed.quota.containers, changed.usage.volumes], [1, 100, 2]);
    await refusal(user.volumes.create({ name: "c" }), "quota_exceeded");
    const { quota, usage, left } = await user.me();
    assert.deepEqual([quota.volumes, usage.volumes, left.volumes, left.containers], [1, 2, 0, 100]);
    assert.deepEqual([usage.keys, left.keys], [1, 49]);
    await world.admin.users.update("lowered", { quota: { volumes: 3 } });
    await user.volumes.create({ name: "c" });
  });

  test("a policy of restricted containers refuses others, and makes these when nothing is said", async () => {
    const user = await world.user("bounded");
    const policy = { profile: "restricted", egress: "none", runtimes: ["runsc"] } as const;
    await world.admin.users.update("bounded", { policy: { ...policy, runtimes: ["runsc"] } });
    assert.deepEqual((await user.me()).policy, policy);
    await refusal(user.containers.create({ image: "busybox", profile: "standard" }), "policy_refused");
    await refusal(user.containers.create({ image: "busybox", user: "root" }), "invalid_request");
    assert.equal((await user.containers.create({ image: "busybox", start: false })).profile, "restricted");
    await world.admin.users.update("bounded", { policy: {} });
    assert.equal((await user.containers.create({ image: "busybox", start: false })).profile, "standard");
  });

  test("what is no quota, role or policy is refused, also for one who is not there", async () => {
    await world.user("same");
    for (const change of [
      {},
      { quota: { volumes: -1 } },
      { quota: { gpus: 1 } },
      { role: "root" },
      { policy: { profile: "standard" } },
      { policy: { runtimes: [] } },
      { name: "other" },
      { state: "removed" },
    ])
      await refusal(world.admin.users.update("same", change as never), "invalid_request");
    await refusal(world.admin.users.update("nobody", { role: "user" }), "user_not_found");
  });

  test("who becomes an admin gets a key for it, and who is one no more loses the scope on every key", async () => {
    const user = await world.user("risen");
    const { apiKey = "", role } = await world.admin.users.update("risen", { role: "admin" });
    assert.equal(role, "admin");
    await refusal(user.users.list(), "scope_missing");
    const admin = as(apiKey);
    await admin.users.list();
    const only = as((await admin.keys.create({ name: "only", scopes: ["admin"] })).apiKey);
    await world.admin.users.update("risen", { role: "user" });
    await refusal(admin.users.list(), "scope_missing");
    assert.deepEqual((await admin.me()).scopes, ["read", "write"]);
    await refusal(only.me(), "unauthenticated");
    await user.me();
  });

  test("nobody takes the last admin away, or themselves", async () => {
    const me = await world.admin.me();
    await refusal(world.admin.users.update(me.id, { role: "user" }), "user_protected");
    await refusal(world.admin.users.remove("admin"), "user_protected");
    const [one, two] = await Promise.all(
      ["one", "two"].map(async (name) => world.admin.users.create({ name, role: "admin" })),
    );
    await Promise.allSettled([as(one?.apiKey ?? "").users.remove("two"), as(two?.apiKey ?? "").users.remove("one")]);
    const states = await Promise.all(
      [one, two].map(async (user) => (await world.admin.users.get(user?.id ?? "")).state),
    );
    assert.equal(states.filter((state) => state === "active").length, 1, String(states));
  });
});

describe("a quota", () => {
  test("of build minutes counts forgotten builds and open ones, and refuses what is over", async () => {
    const user = await world.user("minutes", { buildMinutes: 2 });
    const { id } = await user.me();
    const { sql } = world.database;
    const build = (seconds: number) =>
      user.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN sleep ${seconds}\n` }, WAIT);
    const first = await build(1);
    await user.builds.remove(first.id);
    const [kept] = await sql<{ seconds: number }[]>`select seconds from build_time where user_id = ${id}`;
    assert.ok((kept?.seconds ?? 0) >= 1, "what was forgotten counts");

    await sql`update build_time set seconds = 58 where user_id = ${id}`;
    const open = user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN sleep 100\n" });
    const { id: running } = await open;
    await eventually("it runs", async () => (await user.builds.get(running)).state === "running");
    await refusal(build(1), "quota_exceeded");
    await user.builds.cancel(running, WAIT);

    await sql`update build_time set seconds = 117 where user_id = ${id}`;
    await refusal(build(1), "quota_exceeded");
    await world.admin.users.update("minutes", { quota: { buildMinutes: 3 } });
    assert.equal((await build(0)).state, "succeeded");
  });

  test("of build minutes ends a build that is at its end", async () => {
    const user = await world.user("late", { buildMinutes: 2 });
    const { id } = await user.me();
    const { sql } = world.database;
    // Queued with a minute free, of which other builds take all but two seconds until it begins.
    await world.worker.stop();
    const { id: build } = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN sleep 60\n" });
    await sql`insert into build_time (user_id, day, seconds) values (${id}, (now() at time zone 'utc')::date, 118)`;
    await world.worker.start();
    await eventually("it is ended", async () => (await user.builds.get(build)).state === "failed");
    assert.equal((await user.builds.get(build)).failure?.code, "quota_exceeded");
  });

  test("of images and their bytes holds when builds end at once, and an image that one has takes nothing more", async () => {
    const user = await world.user("full", { images: 2 });
    const builds = await Promise.all(
      [1, 2, 3, 4].map((n) => user.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN echo ${n} > /n\n` }, WAIT)),
    );
    assert.deepEqual(builds.map(({ state, failure }) => failure?.code ?? state).toSorted(), [
      "quota_exceeded",
      "quota_exceeded",
      "succeeded",
      "succeeded",
    ]);
    const { usage } = await user.me();
    assert.equal(usage.images, 2);
    assert.ok(usage.imageBytes > 0);
    await world.admin.users.update("full", { quota: { images: 10, imageBytes: usage.imageBytes + 1 } });
    const more = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo 9 > /n\n" }, WAIT);
    assert.equal(more.failure?.code, "quota_exceeded");
    const kept = builds.findIndex(({ state }) => state === "succeeded") + 1;
    const again = await user.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN echo ${kept} > /n\n` }, WAIT);
    assert.equal(again.state, "succeeded");
    await world.admin.users.update("full", { quota: { imageBytes: usage.imageBytes } });
    await refusal(user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }), "quota_exceeded");
  });

  test("of streams bounds all that is open, of whatever kind, and is free again after", async () => {
    const user = await world.user("streaming", { streams: 2 });
    await user.containers.create({ image: "busybox", name: "up", command: SLEEP }, WAIT);
    const leaving = new AbortController();
    const open = (path: string) =>
      fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${user.apiKey}` }, signal: leaving.signal });
    assert.equal((await open("/v1/events")).status, 200);
    const session = await user.containers.execStream("up", { command: SLEEP });
    const { usage, left } = await user.me();
    assert.deepEqual([usage.streams, left.streams], [2, 0]);
    assert.equal((await open("/v1/containers/up/logs?follow=true")).status, 429);
    const { response } = await upgrade(world, "/v1/containers/up/attach", user.apiKey);
    assert.equal(response.statusCode, 429);
    leaving.abort();
    session.close();
    await eventually("there is room again", async () => (await user.me()).usage.streams === 0);
    await (
      await user.containers.execStream("up", { command: ["true"] })
    ).ended;
  });
});

describe("a user who is removed", () => {
  test("is refused at once, goes with everything, and leaves the name and an audit line", async () => {
    const user = await world.user("leaver");
    const { id } = await user.me();
    await user.containers.create(
      {
        image: "busybox",
        name: "busy",
        command: SLEEP,
        ports: [{ container: 80 }],
        mounts: [{ type: "volume", source: "data", target: "/data" }],
      },
      WAIT,
    );
    await user.containers.create({ image: "busybox", name: "idle", start: false }, WAIT);
    await user.volumes.create({ name: "never-placed" });
    await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo x > /x\n" }, { tag: "mine", ...WAIT });
    await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN sleep 100\n" });
    await user.links.create("busy", 80, {});
    await user.keys.create({ name: "second" });
    const { id: container } = await user.containers.get("busy");
    const { id: volume } = await user.volumes.get("data");
    const feed = await fetch(`${world.url}/v1/events`, { headers: { authorization: `Bearer ${user.apiKey}` } });

    const going = await world.admin.users.remove("leaver");
    assert.equal(going.state, "removing");
    const { found } = going.removal ?? assert.fail("no removal");
    assert.deepEqual(
      [found.containers, found.volumes, found.images, found.builds, found.keys, found.links],
      [2, 2, 1, 2, 2, 1],
    );
    assert.ok(found.imageBytes > 0 && found.contextBytes > 0);
    await refusal(user.me(), "unauthenticated");
    await assert.rejects(async () => {
      for await (const _ of feed.body ?? []);
    });
    await refusal(world.admin.users.update("leaver", { role: "admin" }), "user_protected");
    assert.equal((await world.admin.users.remove(id)).id, id, "asked for again it is the same");

    await eventually("everything of theirs is gone", async () => (await world.admin.users.get(id)).state === "removed");
    const gone = await world.admin.users.get(id);
    assert.deepEqual([...new Set(Object.values(gone.removal?.left ?? { none: 1 }))], [0]);
    assert.notEqual(gone.removal?.removedAt, null);
    assert.equal(await world.engine.inspectContainer(container), undefined);
    assert.equal(await world.engine.inspectVolume(volume), undefined);
    for (const [table, goes] of Object.entries(OWNED_TABLES)) {
      if (typeof goes === "object" && "kept" in goes) continue;
      const rows = await world.database.sql`select * from ${world.database.sql(table)} where user_id = ${id}`;
      assert.deepEqual([...rows], [], table);
    }
    assert.ok(!(await Array.fromAsync(world.admin.users.listAll())).some((each) => each.id === id));
    const { items } = await world.admin.audit.list({ subject: id });
    assert.deepEqual(
      items.map(({ action }) => action),
      ["user.removed", "user.remove", "user.create"],
    );
    assert.deepEqual(items[0]?.detail["found"], found);
    const again = await world.admin.users.create({ name: "leaver" });
    assert.notEqual(again.id, id);
    assert.deepEqual((await as(again.apiKey).containers.list()).items, []);
  });

  test("and offered images in the catalog hands these over to the admin who asked, with what was made of them", async () => {
    const { apiKey } = await world.admin.users.create({ name: "curator", role: "admin" });
    const curator = as(apiKey);
    await curator.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo c > /c\n" }, { tag: "source", ...WAIT });
    const archive = await Array.fromAsync(curator.images.export("source"));
    await curator.images.import(Buffer.concat(archive), { tag: "offered", catalog: true, ...WAIT });
    const user = await world.user("stands-on-it");
    await user.containers.create({ image: "offered", name: "on-it", command: SLEEP }, WAIT);

    await world.admin.builds.createFromFiles({ dockerfile: "FROM busybox\nLABEL a=b\n" }, { tag: "offered", ...WAIT });
    await refusal(world.admin.users.remove("curator"), "name_taken");
    await world.admin.images.remove("offered");
    const { id } = await world.admin.users.remove("curator");
    await eventually("the curator is gone", async () => (await world.admin.users.get(id)).state === "removed");
    assert.equal((await user.containers.get("on-it")).state, "running");
    assert.equal((await user.images.get("offered")).catalog, true);
    await user.containers.create({ image: "offered", command: ["true"] }, WAIT);
    await refusal(world.admin.images.remove("offered"), "image_in_use");
  });
});

test("every table that says whose its rows are is in the list of what goes with a user", async () => {
  const rows = await world.database.sql<{ name: string }[]>`
    select table_name as name from information_schema.columns where column_name = 'user_id' and table_schema = 'public'`;
  assert.deepEqual(Object.keys(OWNED_TABLES).toSorted(), rows.map(({ name }) => name).toSorted());
});
