import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Hafen } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("frank");
});
after(() => world[Symbol.asyncDispose]());

/** Streams that would go on: a build's log and a container's, its use, its file system as it is read slowly. */
async function followed(): Promise<string[]> {
  const { id } = await user.containers.create(
    { image: "busybox", command: ["sh", "-c", "dd if=/dev/zero of=/big bs=1M count=64; echo up; exec sleep 1000"] },
    { waitSeconds: 60 },
  );
  for await (const { text } of user.containers.logs(id, { follow: true })) if (text === "up") break;
  const build = await user.builds.createFromFiles({
    dockerfile: "FROM busybox\nRUN sleep 100\n",
  });
  return [
    `/v1/builds/${build.id}/logs?follow=true`,
    `/v1/containers/${id}/logs?follow=true`,
    `/v1/containers/${id}/stats`,
    `/v1/containers/${id}/files?path=/big`,
    `/v1/containers/${id}/export`,
  ];
}

/** An answer whose first bytes are there. */
async function opened(apiKey: string, path: string) {
  const response = await fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
  assert.equal(response.status, 200, path);
  const reader = response.body?.getReader();
  await reader?.read();
  return {
    async toEnd() {
      while ((await reader?.read())?.done === false);
    },
  };
}

const as = (apiKey: string) => new Hafen({ url: world.url, apiKey });

describe("users", () => {
  test("are made by an admin, whose answer holds the key once", async () => {
    const made = await world.admin.users.create({ name: "grace", role: "user" });
    assert.match(made.apiKey, /^hfn_[A-Za-z0-9_-]{43}$/);
    const me = await as(made.apiKey).me();
    assert.deepEqual([me.id, me.name, me.role, me.scopes], [made.id, "grace", "user", ["read", "write"]]);
    const read = await ask(world.url, "GET", "/v1/users/grace", { key: world.adminKey });
    assert.ok(!read.text.includes("apiKey"));
    assert.equal((await world.admin.users.get(made.id)).name, "grace");
  });

  test("have one name each, and an admin's role gives its scope", async () => {
    await refusal(world.admin.users.create({ name: "frank" }), "name_taken");
    const admin = await world.admin.users.create({ name: "ada", role: "admin" });
    assert.deepEqual((await as(admin.apiKey).me()).scopes, ["read", "write", "admin"]);
  });

  test("with a quota that no counter holds are refused", async () => {
    for (const quota of [{ running: 3_000_000_000 }, { running: -1 }, { running: 1.5 }, { gpus: 1 }]) {
      await refusal(world.admin.users.create({ name: "greedy", quota }), "invalid_request");
    }
  });

  test("see their quota and what they hold", async () => {
    const someone = await world.user(undefined, { containers: 7, cpus: 2.5 });
    await someone.containers.create({ image: "busybox", start: false, limits: { cpus: 0.5 } });
    await someone.containers.create({
      image: "busybox",
      command: ["sleep", "1000"],
      limits: { cpus: 0.5, memoryBytes: 64 * 1024 ** 2 },
    });
    const { quota, usage } = await someone.me();
    assert.deepEqual([quota.containers, quota.cpus], [7, 2.5]);
    assert.deepEqual([usage.containers, usage.running, usage.cpus, usage.memoryBytes], [2, 1, 0.5, 64 * 1024 ** 2]);
  });
});

describe("keys", () => {
  test("are shown once, and kept only as a hash", async () => {
    const { apiKey, id } = await user.keys.create({ name: "laptop" });
    const list = await ask(world.url, "GET", "/v1/keys", { key: user.apiKey });
    assert.ok(list.text.includes(id) && !list.text.includes("hfn_"));
    const tables = await world.database.sql<{ found: number }[]>`
      select count(*)::int as found from api_keys k, audit_log a, events e, idempotency_keys i
       where position(${apiKey} in row_to_json(k)::text || row_to_json(a)::text || row_to_json(e)::text || row_to_json(i)::text) > 0`;
    assert.equal(tables[0]?.found, 0);
    assert.ok(!world.api.output().includes(apiKey));
  });

  test("give no scope that the key which asks lacks", async () => {
    const reader = as((await user.keys.create({ name: "reader", scopes: ["read"] })).apiKey);
    assert.deepEqual((await reader.me()).scopes, ["read"]);
    await refusal(reader.volumes.create({ name: "x" }), "scope_missing");
    await refusal(reader.keys.create({ name: "more" }), "scope_missing");
    await refusal(user.keys.create({ name: "root", scopes: ["read", "admin"] }), "scope_missing");
    const writer = as((await user.keys.create({ name: "writer", scopes: ["write"] })).apiKey);
    await refusal(writer.keys.create({ name: "reader2", scopes: ["read"] }), "scope_missing");
    assert.deepEqual((await writer.keys.create({ name: "same" })).scopes, ["write"]);
  });

  test("that are revoked are refused from then on, also in a feed that is open", async () => {
    const made = await user.keys.create({ name: "short-lived" });
    const client = as(made.apiKey);
    await client.me();
    const streams = await Promise.all(["/v1/events", ...(await followed())].map((path) => opened(made.apiKey, path)));
    await client.keys.revoke("short-lived");
    for (const stream of streams) await assert.rejects(stream.toEnd());
    for (let i = 0; i < 5; i++) await refusal(client.me(), "unauthenticated");
    await refusal(user.keys.revoke("short-lived"), "key_not_found");
    const again = await user.keys.create({ name: "short-lived" });
    assert.notEqual(again.id, made.id);
  });

  test("that expire are refused once they have, and ones that have are not made", async () => {
    const { apiKey, expiresAt } = await user.keys.create({
      name: "expiring",
      expiresAt: new Date(Date.now() + 1500).toISOString(),
    });
    assert.ok(expiresAt !== null);
    assert.equal((await as(apiKey).me()).name, "frank");
    const feed = await opened(apiKey, "/v1/events");
    await eventually(
      "it is refused",
      async () => (await ask(world.url, "GET", "/v1/me", { key: apiKey })).status === 401,
    );
    await assert.rejects(feed.toEnd());
    for (const past of ["2020-01-01T00:00:00Z", "0000-01-01T00:00:00Z", new Date().toISOString()]) {
      const error = await refusal(user.keys.create({ name: "past", expiresAt: past }), "invalid_request");
      assert.deepEqual(
        error.errors?.map(({ pointer }) => pointer),
        ["/expiresAt"],
      );
    }
  });

  test("do not outlive the key that made them", async () => {
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const maker = as((await user.keys.create({ name: "maker", expiresAt: end })).apiKey);
    assert.equal((await maker.keys.create({ name: "heir" })).expiresAt, end);
    const later = new Date(Date.now() + 7_200_000).toISOString();
    const error = await refusal(maker.keys.create({ name: "longer", expiresAt: later }), "invalid_request");
    assert.deepEqual(
      error.errors?.map(({ pointer }) => pointer),
      ["/expiresAt"],
    );
  });

  test("have one name each while they live", async () => {
    await user.keys.create({ name: "twice" });
    await refusal(user.keys.create({ name: "twice" }), "name_taken");
  });

  test("of another user cannot be revoked", async () => {
    const other = await world.user();
    const { items } = await other.keys.list();
    await refusal(user.keys.revoke(items[0]?.id ?? ""), "key_not_found");
    await other.me();
  });
});

test("what each user did stands in the audit log with the key and the request", async () => {
  const someone = await world.user();
  const volume = await someone.volumes.create({ name: "audited" });
  await someone.volumes.remove("audited");
  const rows = await world.database.sql<{ action: string; key_id: string; request_id: string }[]>`
    select action, key_id, request_id from audit_log where subject = ${volume.id} order by id`;
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["volume.create", "volume.remove"],
  );
  for (const row of rows) assert.match(`${row.key_id} ${row.request_id}`, /^key_\w+ req_\w+$/);
});
