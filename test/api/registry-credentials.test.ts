import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { startWorld, testRegistries, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const { open, guarded } = testRegistries();
let world: World;
before(async () => {
  world = await startWorld({ env: { HAFEN_REGISTRIES: `docker.io,ghcr.io,${open},${guarded}` }, busybox: false });
});
after(() => world[Symbol.asyncDispose]());

describe("credentials for a registry", () => {
  test("are stored under the registry's one name, listed without the password, replaced and forgotten", async () => {
    const user = await world.user();
    assert.deepEqual(await user.registries.list(), []);
    for (const name of ["index.docker.io", "GHCR.io", guarded])
      await user.registries.store(name, { username: "alice", password: "one" });
    await user.registries.store("docker.io", { username: "bob", password: "two" });
    const listed = await user.registries.list();
    assert.deepEqual(
      listed.map(({ registry, username }) => [registry, username]),
      [
        [guarded, "alice"],
        ["docker.io", "bob"],
        ["ghcr.io", "alice"],
      ],
    );
    assert.ok(listed.every((entry) => !("password" in entry)));
    await user.registries.remove("registry-1.docker.io");
    await refusal(user.registries.remove("docker.io"), "registry_not_found");
    const types = (await user.events.list()).map(({ type, subject }) => `${type} ${subject}`);
    assert.ok(types.includes("registry.stored ghcr.io") && types.includes("registry.removed docker.io"), String(types));
  });

  test("are each user's own", async () => {
    const [one, other] = [await world.user(), await world.user()];
    await one.registries.store("ghcr.io", { username: "one", password: "p" });
    assert.deepEqual(await other.registries.list(), []);
    await refusal(other.registries.remove("ghcr.io"), "registry_not_found");
    assert.equal((await one.registries.list()).length, 1);
  });

  test("are taken for registries of the list alone", async () => {
    const user = await world.user();
    const login = { username: "u", password: "p" };
    const error = await refusal(user.registries.store("10.0.0.1:5000", login), "registry_not_allowed");
    assert.match(error.detail, /docker\.io, ghcr\.io/);
    for (const name of ["https://ghcr.io", "ghcr.io/team", "plain"])
      await refusal(user.registries.store(name, login), "reference_invalid");
    const { status } = await ask(world.url, "PUT", "/v1/registries/ghcr.io", {
      key: user.apiKey,
      json: { username: "u" },
    });
    assert.equal(status, 400);
  });

  test("moved to another user's row or another registry's do not open", async () => {
    const [one, thief] = [await world.user(), await world.user()];
    const { login } = testRegistries();
    await one.registries.store(guarded, login);
    await thief.registries.store(guarded, { ...login, password: "unknown" });
    const { sql } = world.database;
    await sql`update registry_credentials set sealed_password =
      (select sealed_password from registry_credentials where user_id = ${(await one.me()).id} and registry = ${guarded})
      where user_id = ${(await thief.me()).id}`;
    const build = await thief.images.pull(`${guarded}/nothing`, { waitSeconds: 60 });
    assert.deepEqual([build.failure?.code, build.failure?.reason], ["registry_failed", "unauthorized"]);
    assert.match(build.failure?.detail ?? "", /Store your credentials/);
  });

  test("without a key are refused with what to do, and all else works", async () => {
    await using keyless = await startWorld({ env: { HAFEN_SECRET_KEY: "", HAFEN_REGISTRIES: `ghcr.io,${open}` } });
    const user = await keyless.user();
    const error = await refusal(
      user.registries.store("ghcr.io", { username: "u", password: "p" }),
      "secrets_unavailable",
    );
    assert.match(error.detail, /HAFEN_SECRET_KEY/);
    assert.deepEqual(await user.registries.list(), []);
    const pushed = await keyless.admin.images.push("busybox", `${open}/keyless:1`, { waitSeconds: 60 });
    assert.equal(pushed.state, "succeeded", JSON.stringify(pushed.failure));
    assert.equal((await user.images.pull(`${open}/keyless:1`, { waitSeconds: 60 })).state, "succeeded");
  });

  test("a key that is none ends the start, and is not shown", async () => {
    const bad = randomBytes(20).toString("base64");
    await world.worker.stop();
    await assert.rejects(world.worker.start({ HAFEN_SECRET_KEY: bad }), (error: Error) => {
      assert.match(error.message, /32 random bytes in base64/);
      return !error.message.includes(bad);
    });
    await world.worker.start();
  });
});
