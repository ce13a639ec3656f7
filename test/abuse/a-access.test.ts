import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before } from "node:test";
import { readFileSync } from "node:fs";
import { signGrant } from "@hafen/core";
import { chooseConnection, openBackend, openQueues } from "@hafen/queue";
import { Hafen } from "@hafen/sdk";
import { abuse, assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { ask } from "../api/ask.ts";
import { askPort } from "../api/ask-port.ts";
import { upgrade } from "../api/sockets.ts";

type User = Hafen & { apiKey: string };
const WAIT = { waitSeconds: 60 };

let world: World;
/** Y, whose things are attacked, and X, who attacks. */
let y: User;
let x: User;
const of = { container: "", volume: "", image: "", build: "", key: "" };
before(async () => {
  world = await startWorld({ env: { HAFEN_RATE_FAILURES: "100000/1", HAFEN_RATE_KEY: "100000/1" } });
  [y, x] = [await world.user("victim"), await world.user("attacker")];
  const build = await y.builds.createFromFiles(
    { dockerfile: 'FROM busybox\nRUN echo y > /y\nCMD ["sleep", "1000"]\n' },
    { tag: "private", ...WAIT },
  );
  const made = await y.containers.create(
    {
      image: "private",
      name: "web",
      ports: [{ container: 80 }],
      mounts: [{ type: "volume", source: "data", target: "/data" }],
    },
    WAIT,
  );
  Object.assign(of, {
    container: made.id,
    volume: (await y.volumes.get("data")).id,
    image: build.imageId,
    build: build.id,
    key: (await y.keys.list()).items[0]?.id,
  });
});
after(() => world[Symbol.asyncDispose]());

/** All that the rows say of Y, but when its key was last used. */
async function stateOfVictim(): Promise<string> {
  const { sql } = world.database;
  const { id } = await y.me();
  const tables = ["containers", "volumes", "images", "image_tags", "builds", "mounts", "port_links", "quotas"];
  const rows = await Promise.all(
    tables.map((table) => sql`select t.*, t.xmin::text from ${sql(table)} t where user_id = ${id} order by 1, 2`),
  );
  const keys = await sql`select id, revoked_at, scopes from api_keys where user_id = ${id} order by id`;
  return JSON.stringify([rows, keys]);
}

interface OpenApi {
  paths: Record<string, Record<string, { "x-scope": string }>>;
}
const DOCUMENT = new URL("../../packages/contract/openapi.json", import.meta.url);
const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as OpenApi;
const ON_A_THING = Object.entries(paths).flatMap(([path, methods]) => {
  const kind = ({ containers: "container", volumes: "volume", images: "image", builds: "build", keys: "key" } as const)[
    path.split("/")[2] ?? ""
  ];
  return kind && path.includes("{")
    ? Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path, kind }))
    : [];
});

/** What makes a request valid but for whose thing it names. */
const JSON_OF: Record<string, object> = {
  "POST /v1/images/{ref}/tags": { tag: "mine" },
  "POST /v1/images/{ref}/grants": { user: "x", access: "read" },
  "POST /v1/volumes/{ref}/grants": { user: "x", access: "read" },
  "POST /v1/images/{ref}/push": { reference: "ghcr.io/team/app" },
  "PATCH /v1/containers/{ref}": { ttlSeconds: 1 },
  "POST /v1/containers/{ref}/rename": { name: "mine" },
  "POST /v1/containers/{ref}/exec": { command: ["true"] },
  "POST /v1/volumes/{ref}/clone": { name: "mine" },
};

async function knock({ method, path }: (typeof ON_A_THING)[number], id: string, key: string) {
  const json = JSON_OF[`${method} ${path}`];
  const target = path
    .replace("{port}", "80")
    .replace("{link}", "lnk_any")
    .replace("{grant}", "gra_any")
    .replace(/\{\w+\}/, id);
  const query = path.endsWith("/files")
    ? "?path=/"
    : target.endsWith("/exec")
      ? `?command=${encodeURIComponent('["id"]')}`
      : "";
  return ask<{ code?: string }>(world.url, method, `${target}${json ? "" : query}`, {
    key,
    ...(json
      ? { json }
      : method === "PUT"
        ? { headers: { "content-type": "application/x-tar" }, body: "tar" }
        : { headers: { accept: "application/x-ndjson, application/json" } }),
  });
}

abuse("A1", "every route on a thing of Y's, by its id, with X's key", async () => {
  const untouched = await stateOfVictim();
  for (const route of ON_A_THING) {
    const { status, body } = await knock(route, of[route.kind], x.apiKey);
    assert.deepEqual([status, body.code], [404, `${route.kind}_not_found`], `${route.method} ${route.path}`);
  }
  assert.equal(await stateOfVictim(), untouched);
  return `${ON_A_THING.length} requests, each 404; no row of Y's was touched.`;
});

abuse("A2", "exec, attach, connect, logs, stats and events of Y's container, as streams", async () => {
  const sockets = ["exec?command=%5B%22sh%22%5D", "attach", "ports/80/connect"];
  for (const path of sockets) {
    const { response, socket } = await upgrade(world, `/v1/containers/${of.container}/${path}`, x.apiKey);
    assert.equal(response.statusCode, 404, path);
    assert.equal(socket, undefined, path);
  }
  for (const path of ["logs?follow=true", "stats"]) {
    const { status, text } = await ask(world.url, "GET", `/v1/containers/${of.container}/${path}`, { key: x.apiKey });
    assert.equal(status, 404, text);
  }
  assert.deepEqual(await x.events.list({ subject: of.container }), []);
  return `${sockets.length} upgrades and 2 streams were refused before a frame; the feed has nothing of it.`;
});

abuse("A3", "Y's volume as a mount, Y's container as volumesFrom, Y's image as base and to run", async () => {
  const attempts: [string, object][] = [
    ["image_not_found", { image: of.image }],
    ["image_not_found", { image: "private" }],
    ["volume_not_found", { image: "busybox", mounts: [{ type: "volume", source: of.volume, target: "/d" }] }],
    ["container_not_found", { image: "busybox", volumesFrom: [of.container] }],
  ];
  for (const [code, json] of attempts)
    assert.equal((await ask(world.url, "POST", "/v1/containers", { key: x.apiKey, json })).body["code"], code);
  for (const base of ["private", of.image, (await y.images.get("private")).digest]) {
    const { failure } = await x.builds.createFromFiles({ dockerfile: `FROM ${base}\nRUN cat /y\n` }, WAIT);
    assert.ok(failure && ["base_not_found", "dockerfile_invalid"].includes(failure.code), JSON.stringify(failure));
  }
  assert.deepEqual([(await x.containers.list()).items, (await x.volumes.list()).items], [[], []]);
  return "All refused as if it did not exist; nothing was made for X.";
});

abuse("A4", "lists with a user, a cursor or headers of Y's", async () => {
  const { id } = await y.me();
  // One who has named none of it before: what X did stands in X's own audit lines.
  const other = await world.user();
  const cursor = Buffer.from(of.container.replace(/.$/, "z")).toString("base64url");
  const forged = { "x-user-id": id, "x-hafen-user": id, "x-forwarded-user": "victim", cookie: `user=${id}` };
  for (const path of ["containers", "volumes", "images", "builds", "keys", "audit", "events"]) {
    for (const query of [`userId=${id}`, `user=${id}`, `user=victim`, `user_id=${id}`, `cursor=${cursor}`]) {
      const follow = path === "events" ? "&follow=false&since=start" : "";
      const { text } = await ask(world.url, "GET", `/v1/${path}?${query}${follow}`, {
        key: other.apiKey,
        headers: { ...forged, accept: "application/x-ndjson, application/json" },
      });
      for (const secret of [...Object.values(of), id]) assert.ok(!text.includes(secret), `${path}?${query}: ${text}`);
    }
  }
  return "Every list held one's own rows alone, or refused what it does not know.";
});

abuse("A5", "members in a body that only Hafen sets", async () => {
  const extra = {
    tenantId: "y",
    userId: "y",
    state: "running",
    role: "admin",
    hostId: "h",
    quota: {},
    privileged: true,
  };
  for (const [path, json, key] of [
    ["/v1/containers", { image: "busybox", start: false }, x.apiKey],
    ["/v1/volumes", { name: "v" }, x.apiKey],
    ["/v1/keys", { name: "k" }, x.apiKey],
    ["/v1/users", { name: "u" }, world.adminKey],
  ] as const) {
    for (const [name, value] of Object.entries(extra)) {
      if (path === "/v1/users" && (name === "quota" || name === "role")) continue;
      const { status, body } = await ask(world.url, "POST", path, { key, json: { ...json, [name]: value } });
      const code = name === "privileged" ? "privileged_refused" : "invalid_request";
      assert.deepEqual([status, body["code"]], [400, code], `${path} ${name}`);
    }
  }
  return "Each is 400 with the member's name.";
});

abuse("A6", "keys that are revoked, expired, cut, of another make, empty or sent twice", async () => {
  const revoked = (await x.keys.create({ name: "revoked" })).apiKey;
  await x.keys.revoke("revoked");
  const expired = (await x.keys.create({ name: "expired" })).apiKey;
  await world.database.sql`update api_keys set expires_at = now() - interval '1 second' where name = 'expired'`;
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"admin"}').toString("base64url")}.`;
  const wrong = [
    revoked,
    expired,
    x.apiKey.slice(0, -1),
    `${x.apiKey}A`,
    x.apiKey.toUpperCase(),
    none,
    "hfn_",
    "null",
  ].map((key) => `Bearer ${key}`);
  const headers: (string | string[])[] = [
    ...wrong,
    "",
    "Bearer",
    "Bearer ",
    x.apiKey,
    `Basic ${Buffer.from(`:${x.apiKey}`).toString("base64")}`,
    `Bearer ${x.apiKey}, Bearer ${x.apiKey}`,
    [`Bearer ${x.apiKey}`, `Bearer ${revoked}`],
    [`Bearer ${revoked}`, `Bearer ${x.apiKey}`],
    [`Bearer ${x.apiKey}`, `Bearer ${x.apiKey}`],
  ];
  for (const authorization of headers) assert.equal(await statusWith(authorization), 401, String(authorization));
  assert.equal(await statusWith(`Bearer ${x.apiKey}`), 200);
  const began = performance.now();
  const late = (await x.keys.create({ name: "late" })).apiKey;
  await x.keys.revoke("late");
  assert.equal(await statusWith(`Bearer ${late}`), 401);
  return `${headers.length} ways, each 401; a key is refused by the first request after its revocation (${Math.round(performance.now() - began)} ms with making it).`;
});

/** As node sends it: several headers of one name go out as they are. */
async function statusWith(authorization: string | string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const lines = [authorization].flat().flatMap((value) => ["Authorization", value]);
  const { host } = new URL(world.url);
  const asked = request(`${world.url}/v1/me`, { headers: ["Host", host, ...lines] as never }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

abuse("A7", "a key that may only read, on every route that changes something", async () => {
  const { apiKey, id } = await y.keys.create({ name: "reader", scopes: ["read"] });
  const untouched = await stateOfVictim();
  const changing = ON_A_THING.filter(
    ({ path, method }) => paths[path]?.[method.toLowerCase()]?.["x-scope"] === "write",
  );
  for (const route of changing) {
    const { status, body } = await knock(route, of[route.kind], apiKey);
    assert.deepEqual([status, body.code], [403, "scope_missing"], `${route.method} ${route.path}`);
  }
  assert.equal(await stateOfVictim(), untouched);
  await eventually("the refusals are in the audit log", async () => {
    const { items } = await world.admin.audit.list({ user: "victim", outcome: "refused", limit: 200 });
    return items.filter(({ keyId, detail }) => keyId === id && detail["code"] === "scope_missing").length >= 20;
  });
  return `${changing.length} requests, each 403 and, up to the bound of a minute, in the audit log with the key.`;
});

abuse("A9", "jobs in the queue that name Y's things, things of nobody's, and states", async () => {
  const web = await y.containers.get("web");
  const backend = openBackend(
    chooseConnection(world.env["REDIS_URL"], world.env["DATABASE_URL"] ?? ""),
    world.env["HAFEN_QUEUE_PREFIX"] ?? "",
  );
  const queues = openQueues(backend, () => {});
  const hostId = await world.hostId();
  for (const id of [of.container, of.volume, of.image, "ctr_nobody", "../../etc", ""])
    for (const generation of [0, 1, 999]) {
      await queues.enqueue(hostId, "container.converge", { id, generation });
      await queues.enqueue(hostId, "volume.converge", { id, generation });
      await queues.enqueue(hostId, "image.converge", { id, generation });
      await queues.enqueue(hostId, "build.cancel", { id, generation });
    }
  const forged = { id: of.container, generation: 1, desired: "removed", userId: "usr_x" };
  await queues.enqueue(hostId, "container.converge", forged);
  await eventually("all are taken", async () =>
    Object.values(await queues.counts()).every((counts) => Object.values(counts).every((count) => count === 0)),
  );
  await queues.close();
  await backend.close();
  await assertConverges(world);
  const now = await y.containers.get("web");
  assert.deepEqual([now.state, now.startedAt, now.id], ["running", web.startedAt, web.id]);
  assert.equal((await y.volumes.get("data")).state, "ready");
  return "A job is an id and no more: the worker read the rows, and left all as they say.";
});

abuse("A10", "a link's token and a stream's token where they are not meant for", async () => {
  const link = await y.links.create("web", 80, {});
  assert.equal(await statusWith(`Bearer ${link.token}`), 401);
  const { id } = await x.containers.create(
    { image: "busybox", name: "other", command: ["sleep", "1000"], ports: [{ container: 80 }] },
    WAIT,
  );
  const url = (await x.containers.get(id)).ports[0]?.url ?? assert.fail("no address");
  for (const headers of [{ "x-hafen-link": link.token }, { cookie: `hafen_link=${link.token}` }])
    assert.equal((await askPort(url, { headers })).status, 401);

  const { sql } = world.database;
  const [host] = await sql<{ id: string; url: string }[]>`select id, stream_url as url from hosts`;
  assert.ok(host);
  const secret = world.env["HAFEN_STREAM_SECRET"] ?? "";
  const grant = () => signGrant(secret, { action: "top", subject: id, hostId: host.id }, Date.now());
  assert.equal(await statusWith(`Bearer ${grant()}`), 401);
  const call = async (path: string, token: string) =>
    (await fetch(new URL(path, host.url), { method: "POST", headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await call(`/streams/${of.container}/top`, grant()), 401, "of another container");
  assert.equal(await call(`/streams/${id}/export`, grant()), 401, "another action");
  assert.equal(
    await call(
      `/streams/${id}/top`,
      signGrant("x".repeat(64), { action: "top", subject: id, hostId: host.id }, Date.now()),
    ),
    401,
  );
  assert.equal(await call(`/streams/${id}/top`, x.apiKey), 401);
  const once = grant();
  assert.equal(await call(`/streams/${id}/top`, once), 200);
  assert.equal(await call(`/streams/${id}/top`, once), 401, "a second time");
  return "Each is 401: a token opens one port of one container, or does one thing once.";
});

abuse("A11", "ids of Y's against ids of nobody's, by body and by time", async () => {
  const ROUNDS = 150;
  const times: Record<"foreign" | "random", number[]> = { foreign: [], random: [] };
  const bodies = new Set<string>();
  const nobody = of.container.slice(0, -10) + "0123456789";
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, id] of [
      ["foreign", of.container],
      ["random", nobody],
    ] as const) {
      const began = performance.now();
      const { status, text, body } = await ask<{ requestId: string }>(world.url, "GET", `/v1/containers/${id}`, {
        key: x.apiKey,
      });
      times[kind].push(performance.now() - began);
      bodies.add(`${status} ${text.replaceAll(id, "ID").replace(body.requestId, "REQUEST")}`);
    }
  }
  assert.equal(bodies.size, 1, [...bodies].join("\n"));
  const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;
  const gap = Math.abs(median(times.foreign) - median(times.random));
  return `Equal answers; the medians of ${ROUNDS} each are ${gap.toFixed(3)} ms apart.`;
});

abuse("I5", "two users with the same names for everything", async () => {
  const make = async (user: Hafen, who: string) => {
    await user.builds.createFromFiles(
      { dockerfile: `FROM busybox\nRUN echo ${who} > /who\nCMD ["sleep", "1000"]\n` },
      { tag: "app", ...WAIT },
    );
    const { id } = await user.containers.create(
      { image: "app", name: "twin", mounts: [{ type: "volume", source: "shared", target: "/data" }] },
      WAIT,
    );
    await user.containers.exec("twin", { command: ["sh", "-c", `echo ${who} > /data/who`] });
    return id;
  };
  const [a, b] = [await world.user(), await world.user()];
  const [idA, idB] = await Promise.all([make(a, "first"), make(b, "second")]);
  for (const [user, who, own] of [
    [a, "first", idA],
    [b, "second", idB],
  ] as const) {
    const { stdout } = await user.containers.exec("twin", { command: ["cat", "/who", "/data/who"] });
    assert.equal(stdout, `${who}\n${who}\n`);
    assert.deepEqual(
      (await user.containers.list()).items.map(({ id }) => id),
      [own],
    );
  }
  await a.keys.create({ name: "ci" });
  await b.keys.create({ name: "ci" });
  await a.keys.revoke("ci");
  await a.containers.remove("twin", { force: true, volumes: true, ...WAIT });
  await a.volumes.remove("shared", WAIT);
  await a.images.remove("app");
  const { stdout } = await b.containers.exec("twin", { command: ["cat", "/who", "/data/who"] });
  assert.equal(stdout, "second\nsecond\n");
  assert.ok((await b.keys.list()).items.some(({ name }) => name === "ci"));
  return "Each has its own container, volume, image and key of a name, and one's removals left the other's.";
});
