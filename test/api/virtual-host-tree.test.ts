import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { randomBytes } from "node:crypto";
import { startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };

describe("the virtual host tree", () => {
  let world: World;
  let user: Awaited<ReturnType<World["user"]>>;
  before(async () => {
    world = await startWorld();
    user = await world.user();
  });
  after(() => world[Symbol.asyncDispose]());

  type Body = Parameters<typeof user.containers.create>[0];
  async function run(script: string, mounts: NonNullable<Body["mounts"]>, more: Partial<Body> = {}, client = user) {
    const command = ["sh", "-c", script];
    const made = await client.containers.create({ image: "busybox", command, mounts, ...more }, WAIT);
    assert.equal(made.failure, null);
    await client.containers.wait(made.id);
    const lines = await Array.fromAsync(client.containers.logs(made.id));
    return { made, out: lines.map(({ text }) => text).join("\n") };
  }
  const host = (source: string, target = "/data", readOnly = false) => [
    { type: "host" as const, source, target, readOnly },
  ];

  test("a path names a volume that is made on first use, kept, and never a path of the machine", async () => {
    const path = `/home/frank/cdata-${randomBytes(4).toString("hex")}`;
    const { made } = await run("echo kept > /data/f", host(`/${path}//`));
    assert.ok(!existsSync(path), "the machine has it");
    const [mount] = made.mounts;
    assert.deepEqual([mount?.type, mount?.source, mount?.volume?.name], ["host", path, path]);
    await user.containers.remove(made.id, { volumes: true, ...WAIT });
    assert.equal((await run("cat /data/f", host(path))).out, "kept");
    const volume = await user.volumes.get(`${path}/`);
    assert.deepEqual([volume.hostPath, volume.name, volume.anonymous], [path, path, false]);
    assert.ok((await user.volumes.list()).items.some(({ name }) => name === path));
    assert.equal((await user.containers.list({ volume: path })).items.length, 1);
  });

  test("what is in the image's directory is hidden, as under docker's bind, and read-only is read-only", async () => {
    assert.equal((await run("ls /etc | wc -l", host("/hidden", "/etc"))).out.trim(), "3", "the engine's own three");
    const denied = await run("touch /data/x 2>&1", host("/fixed", "/data", true));
    assert.match(denied.out, /Read-only file system/);
  });

  test("a path is made, cloned to and filled before a container mounts it", async () => {
    const made = await user.volumes.create({ name: "/made//here/" });
    assert.deepEqual([made.name, made.hostPath, made.state], ["/made/here", "/made/here", "pending"]);
    await refusal(user.volumes.create({ name: "/made/here" }), "name_taken");
    await user.volumes.putFile("/filled", "/f", Buffer.from("filled"));
    assert.equal((await user.volumes.get("/filled")).hostPath, "/filled");
    const clone = await user.volumes.clone("/filled", { name: "/cloned" }, WAIT);
    assert.deepEqual([clone.hostPath, clone.state], ["/cloned", "ready"]);
    for (const path of ["/filled", "/cloned"]) assert.equal((await run("cat /data/f", host(path))).out, "filled");
    for (const name of ["/", "/a/../b", "-x", `/${"x".repeat(1024)}`])
      await refusal(user.volumes.create({ name }), "invalid_request");
    await refusal(user.volumes.putFile("unmade", "/f", Buffer.from("x")), "volume_not_found");
    await refusal(Array.fromAsync(user.volumes.getFiles("/unmade", "/")), "volume_not_found");
  });

  test("a path below another one is another volume", async () => {
    await run("echo outer > /data/f", host("/srv"));
    await run("echo inner > /data/f", host("/srv/sub"));
    const both = [...host("/srv", "/a"), ...host("/srv/sub", "/b")];
    assert.equal((await run("cat /a/f /b/f; ls /a", both)).out, "outer\ninner\nf");
  });

  test("two users' same paths never meet, and volumesFrom takes them along", async () => {
    const other = await world.user();
    await run("echo mine > /data/f", host("/shared"), { name: "giver" });
    assert.equal((await run("ls /data", host("/shared"), {}, other)).out, "");
    const taken = await run("cat /data/f", [], { volumesFrom: ["giver:ro"] });
    assert.equal(taken.out, "mine");
    assert.deepEqual(
      taken.made.mounts.map(({ type, source, readOnly }) => [type, source, readOnly]),
      [["host", "/shared", true]],
    );
    await refusal(user.volumes.remove("/shared"), "volume_in_use");
    await refusal(other.volumes.get("/srv"), "volume_not_found");
  });

  test("they are removed by their path", async () => {
    const { made } = await run("true", host("/gone"));
    await user.containers.remove(made.id, WAIT);
    assert.equal((await user.volumes.remove("/gone", WAIT)).state, "removed");
    await refusal(user.volumes.get("/gone"), "volume_not_found");
  });

  test("the root, a relative path, one that climbs and one that is too long are refused", async () => {
    for (const source of ["/", "//", "relative", "/a/../etc", `/${"é".repeat(600)}`]) {
      const body = { image: "busybox", mounts: host(source) };
      const answer = await ask(world.url, "POST", "/v1/containers", { key: user.apiKey, json: body });
      assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"], source);
    }
  });
});
