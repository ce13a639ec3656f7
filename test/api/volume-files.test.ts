import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { LABELS } from "@hafen/core";
import { extract } from "tar-stream";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 60 };

async function namesOf(tar: AsyncIterable<Uint8Array>): Promise<string[]> {
  const reader = extract();
  reader.end(await buffer(tar));
  const names: string[] = [];
  for await (const entry of reader) {
    names.push(entry.header.name);
    entry.resume();
  }
  return names.toSorted();
}

describe("files of a volume", () => {
  let world: World;
  let user: Awaited<ReturnType<World["user"]>>;
  before(async () => {
    world = await startWorld();
    user = await world.user();
  });
  after(async () => {
    await assertConverges(world);
    await world[Symbol.asyncDispose]();
  });

  const mounting = (source: string, more: object = {}) =>
    user.containers.use(
      { image: "busybox", command: ["sleep", "1000"], mounts: [{ type: "volume", source, target: "/v" }], ...more },
      WAIT,
    );
  const sh = async (id: string, command: string) =>
    (await user.containers.exec(id, { command: ["sh", "-c", command] })).stdout.trim();
  const read = async (ref: string, path: string) => (await buffer(user.volumes.getFile(ref, path))).toString();
  const helpers = async () =>
    (await world.engine.listContainers({ key: LABELS.host, value: await world.hostId() })).filter(
      ({ labels }) => labels[LABELS.helper] !== undefined,
    );

  test("go in before any container mounts it, and are what the first one finds", async () => {
    const { id } = await user.volumes.create({ name: "seeded" });
    assert.deepEqual(await namesOf(user.volumes.getFiles("seeded", "/")), []);
    await refusal(Array.fromAsync(user.volumes.getFiles("seeded", "/x")), "path_not_found");
    await refusal(Array.fromAsync(user.volumes.getFile("seeded", "/")), "path_is_directory");
    const entries = {
      "d/": { type: "directory" as const, mode: 0o750 },
      "d/f": { body: "content", uid: 1000, gid: 50 },
    };
    assert.deepEqual(await user.volumes.putFiles("seeded", "/", await tarOf(entries)), { entries: 2, contentBytes: 7 });
    assert.equal((await user.volumes.get(id)).state, "ready");
    await using container = await mounting("seeded");
    assert.equal(
      await sh(container.id, "cat /v/d/f; stat -c ' %u %g' /v/d/f; stat -c %a /v/d"),
      "content 1000 50\n750",
    );
    assert.deepEqual(await namesOf(user.volumes.getFiles(id, "/")), ["./", "./d/", "./d/f"]);
    assert.deepEqual(await namesOf(user.volumes.getFiles(id, "/d")), ["d/", "d/f"]);
    const whole = await buffer(user.volumes.getFiles(id, "/"));
    await user.volumes.create({ name: "restored" });
    await user.volumes.putFiles("restored", "/", whole);
    assert.equal(await read("restored", "/d/f"), "content");
  });

  test("are read and written while a container runs with it, and one by one", async () => {
    await using container = await mounting("live");
    await sh(
      container.id,
      "echo -n inside > /v/f; ln -s f /v/rel; ln -s /v/f /v/abs; ln -s / /v/root; ln -s ../.. /v/up",
    );
    assert.equal(await read("live", "/f"), "inside");
    assert.equal(await read("live", "/rel"), "inside");
    assert.match(
      (await refusal(Array.fromAsync(user.volumes.getFile("live", "/abs")), "path_not_found")).detail,
      /link/,
    );
    await user.volumes.putFile("live", "/g", Buffer.from("outside"), { mode: 0o600 });
    assert.equal(await sh(container.id, "cat /v/g; stat -c ' %a' /v/g"), "outside 600");
    const tar = await tarOf({ x: "y" });
    for (const path of ["/root", "/root/etc", "/up"]) {
      await refusal(user.volumes.putFiles("live", path, tar), "path_read_only");
      await refusal(user.volumes.putFile("live", `${path}/x`, Buffer.from("y")), "path_read_only");
    }
    await refusal(user.volumes.putFiles("live", "/none", tar), "path_not_found");
    await refusal(user.volumes.putFiles("live", "/f", tar), "path_not_directory");
    await refusal(user.volumes.putFiles("live", "/", await tarOf({ f: { type: "directory" } })), "tar_entry_refused");
    await refusal(user.volumes.putFile("live", "/", Buffer.from("x")), "path_is_directory");
  });

  test("are those of the virtual host tree, too, by the path", async () => {
    await using container = await mounting("unused", {
      mounts: [{ type: "host", source: "/home/frank/c d", target: "/v" }],
    });
    await user.volumes.putFile("/home/frank/c d/", "/f", Buffer.from("by path"));
    assert.equal(await sh(container.id, "cat /v/f"), "by path");
  });

  test("are copied by many at once, and no helper is left", async () => {
    await user.volumes.create({ name: "busy" });
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => user.volumes.putFile("busy", `/f${i}`, Buffer.from(`content ${i}`))),
    );
    const found = await Promise.all(Array.from({ length: 8 }, (_, i) => read("busy", `/f${i}`)));
    assert.deepEqual(
      found,
      Array.from({ length: 8 }, (_, i) => `content ${i}`),
    );
    await eventually("no helper is left", async () => (await helpers()).length === 0);
    const [row] = (await user.volumes.list()).items.filter(({ name }) => name === "busy");
    assert.deepEqual(row?.mountedBy, [], "a helper is nobody's container");
  });

  test("of another user's volume are not there", async () => {
    const other = await world.user();
    const { id } = await user.volumes.create({ name: "mine" });
    for (const ref of [id, "mine"]) {
      await refusal(Array.fromAsync(other.volumes.getFiles(ref, "/")), "volume_not_found");
      await refusal(other.volumes.putFiles(ref, "/", await tarOf({ x: "y" })), "volume_not_found");
      await refusal(other.volumes.clone(ref, { name: "theirs" }), "volume_not_found");
    }
  });

  test("do not hold up the volume's removal: a reader that stalls is let go", async () => {
    {
      await using container = await mounting("going");
      await sh(container.id, "truncate -s 4G /v/big || dd if=/dev/zero of=/v/big bs=1 count=1 seek=4G");
    }
    const stalled = user.volumes.getFile("going", "/big");
    await stalled.next();
    assert.equal((await helpers()).length, 1);
    assert.equal((await user.volumes.remove("going", WAIT)).state, "removed");
    await assert.rejects(Array.fromAsync(stalled));
    await refusal(Array.fromAsync(user.volumes.getFiles("going", "/")), "volume_not_found");
  });

  test("whose worker is killed in the middle leave no helper behind", async () => {
    {
      await using container = await mounting("cut");
      await sh(container.id, "truncate -s 4G /v/big || dd if=/dev/zero of=/v/big bs=1 count=1 seek=4G");
    }
    const reading = user.volumes.getFile("cut", "/big");
    await reading.next();
    await world.worker.kill();
    await assert.rejects(Array.fromAsync(reading));
    assert.equal((await helpers()).length, 1);
    await world.worker.start();
    await eventually("the helper is gone", async () => (await helpers()).length === 0);
    await user.volumes.remove("cut", WAIT);
  });

  test("come back although the host's empty image was removed behind our back", async () => {
    await user.volumes.putFile("seeded", "/again", Buffer.from("1"));
    await eventually("no helper holds the image", async () => (await helpers()).length === 0);
    await world.engine.removeTag(`hafen/${await world.hostId()}:empty`);
    assert.equal(await read("seeded", "/again"), "1");
  });
});
