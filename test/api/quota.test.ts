import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;
const SLEEP = ["sleep", "1000"];

/** A request whose body, where it has one, begins and does not end. */
function begin(key: string, method: string, path: string, signal: AbortSignal | null = null): Promise<Response> {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/x-tar" };
  const sent = method === "GET" ? {} : { body, duplex: "half" };
  return fetch(`${world.url}${path}`, { method, headers, signal, ...sent });
}

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

describe("of many parallel requests exactly as many pass as the quota allows", () => {
  const RACES: Record<string, (i: number) => readonly [path: string, json: object]> = {
    containers: (i: number) => ["/v1/containers", { image: "busybox", start: false, name: `c${i}` }],
    running: () => ["/v1/containers", { image: "busybox", command: SLEEP }],
    volumes: (i: number) => ["/v1/volumes", { name: `v${i}` }],
    builds: (i: number) => [
      "/v1/builds",
      { files: { Dockerfile: Buffer.from(`FROM busybox\nRUN sleep 2; echo ${i}\n`).toString("base64") } },
    ],
  };
  for (const [quota, request] of Object.entries(RACES)) {
    test(`50 parallel creates at a quota of 5 ${quota} make exactly 5`, async () => {
      const user = await world.user(undefined, { [quota]: 5 });
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => {
          const [path, json] = request(i);
          return ask<{ code?: string; quota?: string; limit?: number }>(world.url, "POST", path, {
            key: user.apiKey,
            json,
          });
        }),
      );
      const refused = answers.filter(({ status }) => status === 409);
      assert.equal(refused.length, 45);
      for (const { body } of refused)
        assert.deepEqual([body.code, body.quota, body.limit], ["quota_exceeded", quota, 5]);
      const { usage } = await user.me();
      assert.equal(usage[quota as keyof typeof usage], 5);
    });
  }
});

describe("a quota", () => {
  test("of CPUs and memory counts what should run, and is free again after a stop", async () => {
    const user = await world.user(undefined, { cpus: 1, memoryBytes: 256 * MIB });
    const limits = { cpus: 0.6, memoryBytes: 64 * MIB };
    const first = await user.containers.create({ image: "busybox", command: SLEEP, limits }, WAIT);
    await refusal(user.containers.create({ image: "busybox", command: SLEEP, limits }), "quota_exceeded");
    const second = await user.containers.create({ image: "busybox", command: SLEEP, limits, start: false }, WAIT);
    await refusal(user.containers.start(second.id), "quota_exceeded");
    await refusal(user.containers.restart(second.id), "quota_exceeded");
    await user.containers.kill(first.id, {}, WAIT);
    assert.equal((await user.containers.start(second.id, WAIT)).state, "running");
    await refusal(user.containers.start(first.id), "quota_exceeded");
    await refusal(
      user.containers.create({ image: "busybox", command: SLEEP, limits: { cpus: 0.1, memoryBytes: 200 * MIB } }),
      "quota_exceeded",
    );
  });

  test("of running containers is free again when one ends by itself", async () => {
    const user = await world.user(undefined, { running: 1 });
    const { id } = await user.containers.create({ image: "busybox", command: ["true"] });
    await user.containers.wait(id);
    const next = await user.containers.create({ image: "busybox", command: SLEEP }, WAIT);
    assert.equal(next.state, "running");
    await user.containers.restart(next.id, { graceSeconds: 0 }, WAIT);
  });

  test("of containers counts stopped ones, and is free again after a removal", async () => {
    const user = await world.user(undefined, { containers: 1 });
    const { id } = await user.containers.create({ image: "busybox", command: ["true"] });
    await user.containers.wait(id);
    await refusal(user.containers.create({ image: "busybox" }), "quota_exceeded");
    await user.containers.remove(id, WAIT);
    await user.containers.create({ image: "busybox" });
  });

  test("of volumes counts those that mounts and VOLUME make, and a refusal makes nothing", async () => {
    const user = await world.user(undefined, { volumes: 1 });
    const mounts = [
      { type: "volume" as const, target: "/a" },
      { type: "volume" as const, source: "b", target: "/b" },
    ];
    await refusal(user.containers.create({ image: "busybox", mounts }), "quota_exceeded");
    assert.deepEqual([(await user.volumes.list()).items, (await user.containers.list()).items], [[], []]);
    await user.containers.create({ image: "busybox", mounts: mounts.slice(1), start: false });
    await user.containers.create({ image: "busybox", mounts: mounts.slice(1), start: false });
  });

  test("of images refuses a build before it runs", async () => {
    const user = await world.user(undefined, { images: 1 });
    const build = () => user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, { tag: "one", ...WAIT });
    assert.equal((await build()).state, "succeeded");
    await refusal(build(), "quota_exceeded");
    await user.images.remove("one");
    assert.equal((await build()).state, "succeeded");
  });

  test("refuses an upload before it is read, but answers a repeated one", async () => {
    const user = await world.user(undefined, { images: 1 });
    const headers = { "content-type": "application/x-tar", "idempotency-key": "filled", prefer: "wait=60" };
    const body = new Uint8Array(await tarOf({ Dockerfile: "FROM busybox\n" }));
    const send = () => ask<{ id: string }>(world.url, "POST", "/v1/builds?tag=a", { key: user.apiKey, headers, body });
    const first = await send();
    assert.equal(first.status, 200, first.text);
    for (const path of ["/v1/builds", "/v1/images/import"]) {
      const answer = await begin(user.apiKey, "POST", path);
      assert.equal(((await answer.json()) as { code: string }).code, "quota_exceeded");
    }
    assert.equal((await send()).body.id, first.body.id);
  });

  test("is each user's own", async () => {
    const [poor, rich] = [await world.user(undefined, { volumes: 0 }), await world.user()];
    await refusal(poor.volumes.create({ name: "v" }), "quota_exceeded");
    await rich.volumes.create({ name: "v" });
  });
});

describe("what one user has open at once is bounded, and there is room again once it is over", () => {
  for (const [what, most, method, path, other] of [
    ["uploads", 16, "POST", "/v1/builds", "/v1/builds"],
    ["transfers of files", 16, "PUT", "/v1/containers/open/files?path=/", "/v1/containers/absent/files?path=/"],
    ["streams", 200, "GET", "/v1/events", "/v1/events?follow=false"],
  ] as const) {
    test(`${most} ${what}`, async () => {
      const user = await world.user();
      await user.containers.create({ image: "busybox", name: "open", start: false }, WAIT);
      const leaving = new AbortController();
      const open = Array.from({ length: most + 1 }, () => begin(user.apiKey, method, path, leaving.signal));
      const refused = open.map(async (each) => assert.equal((await each).status, 429));
      await Promise.any(refused);
      const oneMore = async (key = user.apiKey) => {
        const type = { "content-type": "application/x-tar" };
        const question = method === "GET" ? { key } : { key, headers: type, body: "no tar" };
        return (await ask<{ code?: string }>(world.url, method, other, question)).body.code;
      };
      assert.equal(await oneMore(), "too_many_streams");
      assert.notEqual(await oneMore((await world.user()).apiKey), "too_many_streams");
      leaving.abort();
      await Promise.allSettled(refused);
      await eventually("there is room again", async () => (await oneMore()) !== "too_many_streams");
    });
  }
});
