import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { keepHouse } from "@hafen/core";
import { Hafen, type AuditLine } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };

let world: World;
let user: Hafen & { apiKey: string };
let userId: string;
before(async () => {
  world = await startWorld({ env: { HAFEN_TRUSTED_PROXIES: "127.0.0.1", HAFEN_RATE_FAILURES: "100000/1" } });
  user = await world.user("frank");
  userId = (await user.me()).id;
});
after(() => world[Symbol.asyncDispose]());

/** Lines that are written a moment after their answer. */
async function lines(filter: Parameters<Hafen["audit"]["list"]>[0], count: number): Promise<AuditLine[]> {
  let found: AuditLine[] = [];
  await eventually(`${count} lines of ${JSON.stringify(filter)}`, async () => {
    found = (await world.admin.audit.list(filter)).items;
    return found.length >= count;
  });
  assert.equal(found.length, count);
  return found;
}

describe("every change is in the audit log", () => {
  test("with who, what, from where, with which key and its outcome", async () => {
    const { id: keyId } = (await user.keys.list()).items[0] ?? assert.fail("no key");
    const { id } = await user.volumes.create({ name: "audited" });
    await user.volumes.remove("audited");
    const [removed, created] = await lines({ subject: id }, 2);
    assert.deepEqual(
      [created?.action, removed?.action, created?.outcome, created?.userId, created?.keyId, created?.address],
      ["volume.create", "volume.remove", "done", userId, keyId, "127.0.0.1"],
    );
    assert.match(created?.requestId ?? "", /^req_/);
    assert.ok(Math.abs(Date.parse(created?.at ?? "") - Date.now()) < 60_000);
  });

  test("with where it came from, as a trusted proxy says, and no one else", async () => {
    const headers = { "x-forwarded-for": "6.6.6.6, 198.51.100.9" };
    const made = await ask<{ id: string }>(world.url, "POST", "/v1/volumes", {
      key: user.apiKey,
      headers,
      json: { name: "behind" },
    });
    assert.equal((await lines({ subject: made.body.id }, 1))[0]?.address, "198.51.100.9");
  });

  test("also what runs in a container and what is written into it", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    await user.containers.exec(id, { command: ["true"] });
    await user.containers.putFile(id, "/tmp/secret-name", Buffer.from("secret-content"));
    await (
      await user.containers.execStream(id, { command: ["true"] })
    ).ended;
    const found = await lines({ subject: id }, 4);
    assert.deepEqual(found.map(({ action }) => action).toSorted(), [
      "container.create",
      "container.exec",
      "container.exec",
      "container.write",
    ]);
    assert.ok(!JSON.stringify(found).includes("secret"));
  });

  test("and what was refused, with the reason: a state, a name of nobody's, a scope, a quota", async () => {
    const other = await world.user("grace", { volumes: 0 });
    const { id: otherId } = await other.me();
    const reader = new Hafen({
      url: world.url,
      apiKey: (await other.keys.create({ name: "r", scopes: ["read"] })).apiKey,
    });
    await refusal(other.volumes.create({ name: "v" }), "quota_exceeded");
    await refusal(other.containers.stop("nothing"), "container_not_found");
    await refusal(reader.keys.create({ name: "w" }), "scope_missing");
    await refusal(other.users.create({ name: "mine" }), "scope_missing");
    const found = await lines({ user: otherId, outcome: "refused" }, 4);
    assert.deepEqual(found.map(({ action, subject, detail }) => [action, subject, detail["code"]]).toReversed(), [
      ["volume.create", "/v1/volumes", "quota_exceeded"],
      ["container.stop", "/v1/containers/nothing/stop", "container_not_found"],
      ["key.create", "/v1/keys", "scope_missing"],
      ["user.create", "/v1/users", "scope_missing"],
    ]);
    await refusal(other.containers.get("nothing"), "container_not_found");
  });

  test("and keys that were refused, so many of them a minute and no more", async () => {
    const FLOOD = 200;
    const wrong = `hfn_${"B".repeat(43)}`;
    await Promise.all(
      Array.from({ length: FLOOD }, (_, i) =>
        ask(world.url, "GET", "/v1/me", { key: wrong, headers: { "x-forwarded-for": `2001:db8:1:2::${i}` } }),
      ),
    );
    await ask(world.url, "GET", "/v1/me", { key: wrong, headers: { "x-forwarded-for": "2001:db8:1:3::1" } });
    await eventually("they are written", async () => (await refusedKeys("2001:db8:1:3::1")).length === 1);
    const written = await refusedKeys("2001:db8:1:2:");
    assert.ok(written.length <= 60 && written.length >= 30, `${written.length} lines`);
    await world.api.stop();
    const { sql } = world.database;
    const [more] = await sql<{ more: number; whole: string }[]>`
      select sum((detail->>'more')::int)::int as more, string_agg(audit_log::text, '') as whole from audit_log where action = 'authenticate'`;
    await world.api.start();
    const singles = (await refusedKeys("2001:db8:1:2:")).filter(({ detail }) => !("more" in detail));
    assert.equal((more?.more ?? 0) + singles.length, FLOOD, "what is not written is counted");
    assert.ok(!more?.whole.includes(wrong));
  });
});

/** By the beginning of their address. */
async function refusedKeys(address: string): Promise<AuditLine[]> {
  const all = await Array.fromAsync(world.admin.audit.listAll({ action: "authenticate", limit: 200 }));
  return all.filter((line) => line.address?.startsWith(address));
}

describe("the audit log is read", () => {
  test("by a user: their own lines, whatever they ask for; by an admin: all, or one user's", async () => {
    for (const query of [{}, { user: "admin" }, { user: "nobody" }]) {
      const { items } = await user.audit.list(query);
      assert.ok(items.length > 0);
      assert.deepEqual([...new Set(items.map((line) => line.userId))], [userId]);
    }
    assert.ok((await world.admin.audit.list()).items.some((line) => line.userId !== userId));
    const { items } = await world.admin.audit.list({ user: "frank" });
    assert.deepEqual([...new Set(items.map((line) => line.userId))], [userId]);
    await refusal(world.admin.audit.list({ user: "nobody" }), "user_not_found");
  });

  test("by pages, and whole as NDJSON: the same lines", async () => {
    const pages = await Array.fromAsync(user.audit.listAll({ limit: 2 }));
    const whole = await Array.fromAsync(user.audit.export());
    assert.ok(pages.length > 4);
    assert.deepEqual(whole, pages.toReversed());
    await refusal(user.audit.list({ cursor: "eA" }), "invalid_request");
  });

  test("by action, a family of actions, subject, outcome and time", async () => {
    const all = (await user.audit.list({ limit: 200 })).items;
    const same = async (query: Parameters<Hafen["audit"]["list"]>[0], wanted: (line: AuditLine) => boolean) =>
      assert.deepEqual(
        (await user.audit.list({ ...query, limit: 200 })).items,
        all.filter(wanted),
        JSON.stringify(query),
      );
    await same({ action: "volume.create" }, ({ action }) => action === "volume.create");
    await same({ action: "container." }, ({ action }) => action.startsWith("container."));
    await same({ outcome: "refused" }, ({ outcome }) => outcome === "refused");
    const { at = "" } = all[Math.floor(all.length / 2)] ?? {};
    await same({ since: at }, (line) => line.at >= at);
    await same({ until: at }, (line) => line.at < at);
  });
});

describe("the audit log is append-only", () => {
  test("the database refuses a change, a deletion and an emptying, also by who may everything else", async () => {
    const { sql } = world.database;
    await assert.rejects(sql`update audit_log set user_id = 'usr_other'`, /append-only/);
    await assert.rejects(sql`delete from audit_log`, /append-only/);
    await assert.rejects(sql`truncate audit_log`, /append-only/);
    await assert.rejects(
      sql.begin(async (tx) => {
        await tx`select set_config('hafen.audit_days', '0', true)`;
        await tx`delete from audit_log`;
      }),
      /append-only/,
    );
  });

  test("but what is older than the retention goes with the sweep, and that alone", async () => {
    const { sql, db } = world.database;
    await sql`insert into audit_log (created_at, action, subject) values (now() - interval '366 days', 'old', 'x'), (now() - interval '364 days', 'older', 'x')`;
    await keepHouse(db);
    const left = await sql<{ action: string }[]>`select action from audit_log where subject = 'x'`;
    assert.deepEqual(
      left.map(({ action }) => action),
      ["older"],
    );
  });
});
