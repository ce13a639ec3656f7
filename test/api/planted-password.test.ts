import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Redis } from "ioredis";
import { openFakeRegistry, requireEnv, startWorld, testRegistries } from "../support/index.ts";
import { ask } from "./ask.ts";

const WAIT = { waitSeconds: 120 };

test("a registry's password is nowhere but in its sealed column, sealed", async () => {
  const { guarded, login } = testRegistries();
  const planted = `planted-${randomBytes(12).toString("hex")}`;
  await using fake = await openFakeRegistry();
  await using world = await startWorld({
    env: { HAFEN_REGISTRIES: `${guarded},${fake.host}`, HAFEN_LOG_LEVEL: "debug" },
  });
  const redis = new Redis(requireEnv("HAFEN_TEST_REDIS_URL").replace(/^unix:\/\//, ""));
  const monitor = await redis.monitor();
  let commands = "";
  monitor.on("monitor", (_time: string, args: string[]) => (commands += `${args.join(" ")}\n`));
  try {
    const user = await world.user();
    await user.registries.store(guarded, login);
    await user.registries.store(fake.host, { username: "mallory", password: planted });
    // As a client may send it by mistake: with a key for replays, in a wrong field, in a wrong place, as no JSON.
    const { apiKey: key } = user;
    const answers = [
      await ask(world.url, "PUT", `/v1/registries/${guarded}`, {
        key,
        json: login,
        headers: { "idempotency-key": "k1" },
      }),
      await ask(world.url, "PUT", `/v1/registries/${guarded}`, { key, json: { user: "x", password: planted } }),
      await ask(world.url, "PUT", "/v1/registries/not.allowed", { key, json: { username: "x", password: planted } }),
      await ask(world.url, "PUT", `/v1/registries/${guarded}`, {
        key,
        json: { username: "x", password: `${planted}\0` },
      }),
      await ask(world.url, "PUT", `/v1/registries/${guarded}`, {
        key,
        body: `{"username":"x","password":"${planted}"`,
        headers: { "content-type": "application/json" },
      }),
      await ask(world.url, "GET", "/v1/registries", { key }),
      await ask(world.url, "GET", "/v1/events?follow=false", { key, headers: { accept: "application/x-ndjson" } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400, 403, 400, 400, 200, 200],
    );
    const builds = [
      await user.images.push("busybox", `${guarded}/planted:1`, WAIT),
      await user.images.pull(`${guarded}/planted:1`, WAIT),
      await user.images.pull(`${guarded}/absent:1`, WAIT),
      await user.images.push("busybox", `${fake.host}/planted:1`, WAIT),
      await user.images.pull(`${fake.host}/planted:1`, WAIT),
    ];
    assert.deepEqual(
      builds.map(({ state }) => state),
      ["succeeded", "succeeded", "failed", "failed", "failed"],
    );
    assert.ok(fake.received().includes(Buffer.from(`mallory:${planted}`).toString("base64")));

    const { sql } = world.database;
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
    assert.ok(tables.length > 15);
    const stored = await Promise.all(
      tables.map(async ({ name }) => `${name} ${JSON.stringify(await sql.unsafe(`select t::text from ${name} t`))}`),
    );
    const places: Record<string, string> = {
      answers: answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join("\n"),
      builds: JSON.stringify(builds),
      redis: commands,
      api: world.api.output(),
      worker: world.worker.output(),
      ...Object.fromEntries(stored.map((text) => [text.split(" ")[0], text])),
    };
    assert.ok(commands !== "" && world.api.output().includes("/v1/registries"));
    for (const [username, password] of [
      [login.username, login.password],
      ["mallory", planted],
    ] as const) {
      const basic = Buffer.from(`${username}:${password}`);
      const forms = [
        password,
        Buffer.from(password).toString("hex"),
        Buffer.from(password).toString("base64"),
        basic.toString("base64"),
      ];
      for (const [place, text] of Object.entries(places))
        for (const form of forms) assert.ok(!text.includes(form), `${place} holds the password of ${username}`);
    }
  } finally {
    monitor.disconnect();
    redis.disconnect();
  }
});
