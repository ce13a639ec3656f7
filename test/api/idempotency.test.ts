import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { ask as askAt, type Answer, type Question } from "./ask.ts";
import { tarOf } from "./tar.ts";

type Body = { id: string; code?: string; subject?: string; name: string; apiKey?: string };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user(undefined, { volumes: 500, containers: 500 });
});
after(() => world[Symbol.asyncDispose]());

const post = (path: string, key: string, question: Question): Promise<Answer<Body>> =>
  askAt(world.url, "POST", path, {
    key: user.apiKey,
    ...question,
    headers: { ...question.headers, "idempotency-key": key },
  });
async function count(
  table: "containers" | "volumes" | "builds" | "blobs" | "audit_log",
  client = user,
): Promise<number> {
  const { id } = await client.me();
  const [row] = await world.database.sql<
    { n: number }[]
  >`select count(*)::int as n from ${world.database.sql(table)} where user_id = ${id}`;
  return row?.n ?? 0;
}

describe("an Idempotency-Key", () => {
  test("gives the same request the same answer, and makes one thing", async () => {
    const json = { name: "once", labels: { a: "1" } };
    const first = await post("/v1/volumes", "k1", { json });
    const again = await post("/v1/volumes", "k1", { json });
    assert.deepEqual([first.status, again.status], [201, 201]);
    assert.equal(again.text, first.text);
    assert.deepEqual(
      [first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")],
      [null, "true"],
    );
  });

  test("of 50 parallel creates makes exactly one container", async () => {
    const client = await world.user();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        post("/v1/containers", "fifty", { key: client.apiKey, json: { image: "busybox", start: false } }),
      ),
    );
    const made = answers.filter(({ status }) => status === 202 || status === 200);
    const waiting = answers.filter(({ status, body }) => status === 409 && body.code === "idempotency_in_progress");
    assert.equal(made.length + waiting.length, 50);
    assert.ok(made.length >= 1);
    assert.equal(new Set(made.map(({ body }) => body.id)).size, 1);
    assert.equal(await count("containers", client), 1);
  });

  test("of 50 parallel stops stops once", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, { waitSeconds: 60 });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(`/v1/containers/${id}/stop`, "stop-50", { json: { graceSeconds: 0 } })),
    );
    assert.ok(
      answers.every(({ status, body }) => status === 202 || status === 200 || body.code === "idempotency_in_progress"),
    );
    const [row] = await world.database.sql<
      { n: number }[]
    >`select count(*)::int as n from audit_log where subject = ${id} and action = 'container.stop'`;
    assert.equal(row?.n, 1);
  });

  test("with another body, path or query is refused with 422, and nothing is made", async () => {
    await post("/v1/volumes", "k2", { json: { name: "k2" } });
    const volumesBefore = await count("volumes");
    for (const other of [
      await post("/v1/volumes", "k2", { json: { name: "k2-other" } }),
      await post("/v1/keys", "k2", { json: { name: "k2" } }),
      await post("/v1/containers", "k2", { json: { image: "busybox" } }),
    ])
      assert.deepEqual([other.status, other.body.code], [422, "idempotency_mismatch"]);
    assert.equal(await count("volumes"), volumesBefore);
  });

  test("is each user's own", async () => {
    const other = await world.user();
    const mine = await post("/v1/volumes", "shared", { json: { name: "mine" } });
    const theirs = await post("/v1/volumes", "shared", { key: other.apiKey, json: { name: "theirs" } });
    assert.deepEqual([mine.status, theirs.status], [201, 201]);
    assert.notEqual(mine.body.id, theirs.body.id);
  });

  test("of a refused request is free again", async () => {
    assert.equal((await post("/v1/containers", "k3", { json: { image: "no-such" } })).status, 404);
    assert.equal((await post("/v1/volumes", "k3", { json: { name: "" } })).status, 400);
    assert.equal((await post("/v1/volumes", "k3", { json: { name: "k3" } })).status, 201);
  });

  test("answers from what was made when the first answer was lost", async () => {
    const first = await post("/v1/containers", "lost", { json: { image: "busybox", start: false } });
    await world.database.sql`update idempotency_keys set status = null, body = null where key = 'lost'`;
    const again = await post("/v1/containers", "lost", { json: { image: "busybox", start: false } });
    assert.equal(again.body.id, first.body.id);
    assert.equal(again.status, 202);
  });

  test("never shows a secret a second time", async () => {
    const first = await post("/v1/keys", "secret", { json: { name: "second" } });
    assert.match(first.body.apiKey ?? "", /^hfn_/);
    const again = await post("/v1/keys", "secret", { json: { name: "second" } });
    assert.deepEqual([again.status, again.body.code, again.body.subject], [409, "secret_shown_once", first.body.id]);
    assert.ok(!again.text.includes("hfn_"));
    const [kept] = await world.database.sql<
      { body: string | null }[]
    >`select body from idempotency_keys where key = 'secret'`;
    assert.equal(kept?.body, null);
  });

  test("of an upload goes by its contents: a repeated one builds nothing and leaves nothing stored", async () => {
    const tar = await tarOf({ Dockerfile: "FROM busybox\n" });
    const send = (body: Buffer) =>
      post("/v1/builds?tag=idem", "upload", {
        body: new Uint8Array(body),
        headers: { "content-type": "application/x-tar" },
      });
    const first = await send(tar);
    assert.equal(first.status, 202, first.text);
    const [builds, blobs] = [await count("builds"), await count("blobs")];
    const again = await send(tar);
    assert.equal(again.body.id, first.body.id);
    const other = await send(await tarOf({ Dockerfile: "FROM busybox\nRUN true\n" }));
    assert.equal(other.body.code, "idempotency_mismatch");
    assert.deepEqual([await count("builds"), await count("blobs")], [builds, blobs]);
  });

  test("of an exec runs the command once", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, { waitSeconds: 60 });
    const json = { command: ["sh", "-c", "echo x >> /n; wc -l < /n"] };
    const [first, again] = [
      await post(`/v1/containers/${id}/exec`, "exec", { json }),
      await post(`/v1/containers/${id}/exec`, "exec", { json }),
    ];
    assert.equal(first.text, again.text);
  });

  test("that is empty or too long is refused", async () => {
    assert.equal((await post("/v1/volumes", "x".repeat(256), { json: { name: "long-key" } })).status, 400);
  });
});

describe("lists", () => {
  test("walk all pages, newest first, each thing once, also while new ones are made", async () => {
    const client = await world.user(undefined, { volumes: 100 });
    const made: string[] = [];
    for (let i = 0; i < 25; i++) made.push((await client.volumes.create({ name: `v${i}` })).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.volumes.list({ limit: 4, ...(cursor === undefined ? {} : { cursor }) });
      assert.ok(page.items.length <= 4);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      await client.volumes.create({ name: `later-${seen.length}` });
    } while (cursor !== undefined);
    assert.deepEqual(seen, made.toReversed());
  });

  test("refuse a cursor that no list gave, on every list", async () => {
    const forged = [
      "x",
      "abc",
      Buffer.from("' or 1=1").toString("base64url"),
      Buffer.from("vol_short").toString("base64url"),
      "",
    ];
    for (const path of ["containers", "volumes", "builds", "images", "keys", "users", "hosts"]) {
      for (const cursor of forged) {
        const { status, text } = await askAt(world.url, "GET", `/v1/${path}?cursor=${cursor}`, { key: world.adminKey });
        assert.equal(status, 400, `${path} ${cursor} ${text}`);
      }
    }
  });
});
