import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";

/** What stands in a path's place for another user's thing; `none`: the route shows nothing that belongs to somebody. */
type Owned = "container" | "volume" | "build" | "image" | "key" | "secret" | "none";
interface Row {
  scope: "none" | "read" | "write" | "admin";
  owned: Owned;
  /** Makes the request valid but for who asks. */
  body?: object;
  query?: string;
}
const R = (owned: Owned = "none", more: Partial<Row> = {}): Row => ({ scope: "read", owned, ...more });
const W = (owned: Owned = "none", more: Partial<Row> = {}): Row => ({ scope: "write", owned, ...more });
const A: Row = { scope: "admin", owned: "none" };
const OPEN: Row = { scope: "none", owned: "none" };

/** Every route of openapi.json, and who may call it. A new route needs a row. */
const ACCESS: Record<string, Row> = {
  "GET /healthz": OPEN,
  "GET /readyz": OPEN,
  "GET /metrics": OPEN,
  "POST /v1/users": { ...A, body: { name: "new" } },
  "GET /v1/users": A,
  "GET /v1/users/{ref}": A,
  "PATCH /v1/users/{ref}": { ...A, body: { quota: { volumes: 1 } } },
  "DELETE /v1/users/{ref}": A,
  "GET /v1/audit": R(),
  "GET /v1/hosts": A,
  "GET /v1/hosts/{ref}": A,
  "GET /v1/hosts/{ref}/check": A,
  "GET /v1/me": R(),
  "GET /v1/keys": R(),
  "POST /v1/keys": W("none", { body: { name: "new" } }),
  "DELETE /v1/keys/{ref}": W("key"),
  "GET /v1/builds": R(),
  "POST /v1/builds": W("none", { body: { files: { Dockerfile: "" } } }),
  "GET /v1/builds/{id}": R("build"),
  "DELETE /v1/builds/{id}": W("build"),
  "GET /v1/builds/{id}/logs": R("build"),
  "POST /v1/builds/{id}/cancel": W("build"),
  "GET /v1/images": R(),
  "GET /v1/images/{ref}": R("image"),
  "GET /v1/images/{ref}/history": R("image"),
  "POST /v1/images/{ref}/tags": W("image", { body: { tag: "mine" } }),
  "DELETE /v1/images/{ref}": W("image"),
  "POST /v1/images/import": W(),
  "GET /v1/images/{ref}/export": R("image"),
  "POST /v1/images/pull": W("none", { body: { reference: "debian" } }),
  "POST /v1/images/{ref}/push": W("image", { body: { reference: "ghcr.io/team/app" } }),
  "GET /v1/registries": R(),
  "PUT /v1/registries/{registry}": W("none", { body: { username: "u", password: "p" } }),
  "DELETE /v1/registries/{registry}": W(),
  "GET /v1/secrets": R(),
  "GET /v1/secrets/{name}": R("secret"),
  "PUT /v1/secrets/{name}": W("none", { body: { value: "x" } }),
  "DELETE /v1/secrets/{name}": W("secret"),
  "GET /v1/containers": R(),
  "POST /v1/containers": W("none", { body: { image: "busybox" } }),
  "GET /v1/containers/{ref}": R("container"),
  "DELETE /v1/containers/{ref}": W("container"),
  "POST /v1/containers/{ref}/start": W("container"),
  "POST /v1/containers/{ref}/stop": W("container"),
  "POST /v1/containers/{ref}/restart": W("container"),
  "POST /v1/containers/{ref}/kill": W("container"),
  "PATCH /v1/containers/{ref}": W("container", { body: { ttlSeconds: 60 } }),
  "POST /v1/containers/{ref}/pause": W("container"),
  "POST /v1/containers/{ref}/unpause": W("container"),
  "POST /v1/containers/{ref}/rename": W("container", { body: { name: "mine" } }),
  "POST /v1/containers/{ref}/commit": W("container"),
  "POST /v1/containers/{ref}/wait": R("container"),
  "GET /v1/containers/{ref}/logs": R("container"),
  "POST /v1/containers/{ref}/exec": W("container", { body: { command: ["true"] } }),
  "GET /v1/containers/{ref}/exec": W("container", { query: `?command=${encodeURIComponent('["true"]')}` }),
  "GET /v1/containers/{ref}/attach": W("container"),
  "GET /v1/containers/{ref}/top": R("container"),
  "GET /v1/containers/{ref}/stats": R("container"),
  "GET /v1/containers/{ref}/changes": R("container"),
  "GET /v1/containers/{ref}/export": R("container"),
  "GET /v1/containers/{ref}/isolation": R("container"),
  "GET /v1/containers/{ref}/files": R("container", { query: "?path=/" }),
  "PUT /v1/containers/{ref}/files": W("container", { query: "?path=/" }),
  "POST /v1/containers/{ref}/ports/{port}/links": W("container", { body: {} }),
  "GET /v1/containers/{ref}/ports/{port}/connect": W("container"),
  "GET /v1/containers/{ref}/links": R("container"),
  "GET /v1/containers/{ref}/flows": R("container"),
  "DELETE /v1/containers/{ref}/links/{link}": W("container"),
  "GET /v1/volumes": R(),
  "POST /v1/volumes": W("none", { body: { name: "new" } }),
  "GET /v1/volumes/{ref}": R("volume"),
  "DELETE /v1/volumes/{ref}": W("volume"),
  "GET /v1/system/df": R(),
  "GET /v1/image-tree": R(),
  "POST /v1/prune": W("none", { body: { volumes: true, dryRun: true } }),
  "GET /v1/retention": R(),
  "PUT /v1/retention": W("none", { body: { stoppedContainersDays: 1, endedBuildsDays: null } }),
  "POST /v1/volumes/{ref}/clone": W("volume", { body: { name: "copy" } }),
  "GET /v1/volumes/{ref}/files": R("volume", { query: "?path=/" }),
  "PUT /v1/volumes/{ref}/files": W("volume", { query: "?path=/" }),
  "POST /v1/images/{ref}/grants": W("image", { body: { user: "admin", access: "read" } }),
  "GET /v1/images/{ref}/grants": R("image"),
  "DELETE /v1/images/{ref}/grants/{grant}": W("image"),
  "POST /v1/volumes/{ref}/grants": W("volume", { body: { user: "admin", access: "read" } }),
  "GET /v1/volumes/{ref}/grants": R("volume"),
  "DELETE /v1/volumes/{ref}/grants/{grant}": W("volume"),
  "GET /v1/grants": R(),
  "GET /v1/events": R("none", { query: "?follow=false" }),
};

interface OpenApi {
  paths: Record<string, Record<string, { "x-scope": Row["scope"] }>>;
}
const DOCUMENT = new URL("../../packages/contract/openapi.json", import.meta.url);
const { paths } = JSON.parse(readFileSync(DOCUMENT, "utf8")) as OpenApi;
const ROUTES = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { "x-scope": scope }]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    scope,
  })),
);

let world: World;
let owner: Awaited<ReturnType<World["user"]>>;
let stranger: Awaited<ReturnType<World["user"]>>;
let readKey: string;
let revokedKey: string;
let expiredKey: string;
const theirs: Partial<Record<Owned, string>> = {};
before(async () => {
  world = await startWorld();
  owner = await world.user("owner");
  stranger = await world.user("stranger");
  readKey = (await owner.keys.create({ name: "reader", scopes: ["read"] })).apiKey;
  revokedKey = (await owner.keys.create({ name: "revoked" })).apiKey;
  await owner.keys.revoke("revoked");
  expiredKey = (
    await owner.keys.create({ name: "expired", expiresAt: new Date(Date.now() + 86_400_000).toISOString() })
  ).apiKey;
  await world.database.sql`update api_keys set expires_at = now() - interval '1 second' where name = 'expired'`;
  const build = await owner.builds.createFromFiles(
    { dockerfile: "FROM busybox\n" },
    { tag: "private", waitSeconds: 60 },
  );
  Object.assign(theirs, {
    container: (await owner.containers.create({ image: "private", command: ["sleep", "1000"] }, { waitSeconds: 60 }))
      .id,
    volume: (await owner.volumes.create({ name: "private" })).id,
    build: build.id,
    image: build.imageId,
    key: (await owner.keys.list()).items[0]?.id,
    secret: (await owner.secrets.store("private", "hush")).id,
  });
});
after(() => world[Symbol.asyncDispose]());

async function call(
  { method, path, name }: (typeof ROUTES)[number],
  authorization: string | undefined,
): Promise<{ status: number; code: unknown }> {
  const { owned = "none", body, query = "" } = ACCESS[name] ?? {};
  const contentType = body ? "application/json" : /(import|builds|files)$/.test(path) ? "application/x-tar" : undefined;
  const target = path
    .replace("{port}", "80")
    .replace("{link}", "lnk_somebody")
    .replace("{grant}", "gra_somebody")
    .replace(/\{\w+\}/, theirs[owned] ?? "somebody");
  const response = await fetch(`${world.url}${target}${query}`, {
    method,
    headers: {
      accept: "application/x-ndjson, application/json",
      ...(authorization === undefined ? {} : { authorization }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const { code } = (response.headers.get("content-type") === "application/problem+json" ? JSON.parse(text) : {}) as {
    code?: string;
  };
  return { status: response.status, code };
}

test("every route of openapi.json has its row, every row its route, and their scopes agree", () => {
  assert.deepEqual(ROUTES.map(({ name }) => name).toSorted(), Object.keys(ACCESS).toSorted());
  assert.deepEqual(
    ROUTES.filter(({ name, scope }) => ACCESS[name]?.scope !== scope).map(({ name }) => name),
    [],
  );
});

describe("without a valid key", () => {
  const KEYS = {
    "no key": () => undefined,
    "a malformed key": () => "Bearer hfn_short",
    "a key that nobody has": () => `Bearer hfn_${"A".repeat(43)}`,
    "another scheme": () => `Basic ${Buffer.from(`admin:${world.adminKey}`).toString("base64")}`,
    "an empty key": () => "Bearer ",
    "a revoked key": () => `Bearer ${revokedKey}`,
    "an expired key": () => `Bearer ${expiredKey}`,
    "two keys at once": () => `Bearer ${owner.apiKey}, Bearer ${owner.apiKey}`,
  };
  for (const [what, authorization] of Object.entries(KEYS)) {
    test(`no route but the open ones answers to ${what}`, async () => {
      for (const route of ROUTES) {
        const { status, code } = await call(route, authorization());
        if (route.scope === "none") assert.ok(status === 200, `${route.name}: ${status}`);
        else assert.deepEqual([status, code], [401, "unauthenticated"], route.name);
      }
    });
  }
});

test("a key with the scope read changes nothing", async () => {
  for (const route of ROUTES.filter(({ scope }) => scope === "write" || scope === "admin")) {
    assert.deepEqual(await call(route, `Bearer ${readKey}`), { status: 403, code: "scope_missing" }, route.name);
  }
});

test("a user who is no admin reaches no admin's route", async () => {
  for (const route of ROUTES.filter(({ scope }) => scope === "admin")) {
    assert.deepEqual(
      await call(route, `Bearer ${stranger.apiKey}`),
      { status: 403, code: "scope_missing" },
      route.name,
    );
  }
});

test("another user's thing does not exist, for a user and for an admin", async () => {
  for (const route of ROUTES.filter(({ name }) => (ACCESS[name]?.owned ?? "none") !== "none")) {
    const code = `${ACCESS[route.name]?.owned}_not_found`;
    for (const key of [stranger.apiKey, world.adminKey]) {
      assert.deepEqual(await call(route, `Bearer ${key}`), { status: 404, code }, route.name);
    }
  }
  assert.equal((await owner.containers.get(theirs.container ?? "")).state, "running");
  assert.equal((await owner.volumes.get("private")).state, "pending");
  assert.deepEqual((await owner.images.get("private")).tags, ["private:latest"]);
});

test("another user's things are in none of one's lists, and cannot be used by their ids", async () => {
  for (const page of [
    await stranger.containers.list(),
    await stranger.volumes.list(),
    await stranger.builds.list(),
    await stranger.events.list(),
    await stranger.secrets.list(),
  ]) {
    assert.deepEqual("items" in page ? page.items : page, []);
  }
  assert.deepEqual(
    (await stranger.images.list()).items.map(({ catalog }) => catalog),
    [true],
  );
  const usage = await stranger.system.diskUsage({ verbose: true });
  const pruned = await stranger.system.prune({ containers: true, images: { all: true }, volumes: true, builds: true });
  assert.deepEqual(
    [usage.images, usage.containers, usage.volumes, usage.builds].flatMap(({ count, items }) => [
      count,
      ...(items ?? []),
    ]),
    [0, 0, 0, 0],
  );
  assert.deepEqual([...pruned.removed, ...pruned.kept], []);
  const tree = await stranger.images.tree();
  assert.deepEqual(
    tree.items.flatMap(({ images }) => images.map(({ own, tags }) => [own, ...tags])),
    [[false, "busybox:latest"]],
  );
  await assert.rejects(stranger.system.prune({ volumes: [theirs.volume ?? ""] }), { code: "volume_not_found" });
  for (const filter of [{ volume: theirs.volume }, { image: theirs.image }])
    assert.deepEqual((await stranger.containers.list(filter as object)).items, []);
  assert.deepEqual(await stranger.events.list({ subject: theirs.container ?? "" }), []);
  for (const [body, code] of [
    [{ image: theirs.image }, "image_not_found"],
    [{ image: "private" }, "image_not_found"],
    [{ image: "busybox", secrets: [{ name: theirs.secret }] }, "secret_not_found"],
    [{ image: "busybox", secrets: [{ name: "private" }] }, "secret_not_found"],
    [{ image: "busybox", volumesFrom: [theirs.container] }, "container_not_found"],
    [{ image: "busybox", mounts: [{ type: "volume", source: theirs.volume, target: "/data" }] }, "volume_not_found"],
  ] as const) {
    await assert.rejects(stranger.containers.create(body as never), { code }, JSON.stringify(body));
  }
});

test("the answers of open routes hold no key, name or id of anybody", async () => {
  for (const path of ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"]) {
    const text = await (await fetch(`${world.url}${path}`)).text();
    for (const secret of [owner.apiKey, world.adminKey, "private", theirs.container ?? "", "stranger"])
      assert.ok(!text.includes(secret) || path === "/docs" || path === "/openapi.json", `${path} ${secret}`);
  }
});
