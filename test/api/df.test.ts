import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventuallyHolds, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;
type User = Awaited<ReturnType<World["user"]>>;

let world: World;
let user: User;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const write = (path: string, mib: number) => `dd if=/dev/zero of=${path} bs=1M count=${mib} 2>/dev/null`;
async function ran(script: string, body: Partial<Parameters<User["containers"]["create"]>[0]> = {}): Promise<string> {
  const { id } = await user.containers.create({ image: "busybox", command: ["sh", "-c", script], ...body }, WAIT);
  assert.equal((await user.containers.wait(id)).exitCode, 0);
  return id;
}

describe("sizes", () => {
  test("of a container are what it wrote, and that with its image; only when they are asked for", async () => {
    const id = await ran(write("/file", 3));
    assert.equal((await user.containers.get(id)).size, null);
    const { size } = await user.containers.get(id, { size: true });
    assert.equal(size?.writableBytes, 3 * MIB);
    const { sizeBytes } = await user.images.get("busybox");
    assert.equal(size.rootBytes, 3 * MIB + sizeBytes);

    const listed = await eventuallyHolds(async () => {
      const { items } = await user.containers.list({ size: "true" });
      assert.deepEqual(items.find((item) => item.id === id)?.size, size);
      return items;
    });
    assert.ok(listed.length > 0);
    assert.equal((await user.containers.list()).items[0]?.size, null);
    await user.containers.remove(id, WAIT);
  });

  test("of a volume are what its files hold, and 0 before it was ever mounted", async () => {
    await user.volumes.create({ name: "sized" });
    assert.deepEqual(
      [(await user.volumes.get("sized")).usedBytes, (await user.volumes.get("sized", { size: true })).usedBytes],
      [null, 0],
    );
    const id = await ran(write("/v/file", 2), { mounts: [{ type: "volume", source: "sized", target: "/v" }] });
    await eventuallyHolds(async () =>
      assert.equal((await user.volumes.get("sized", { size: true })).usedBytes, 2 * MIB),
    );
    await user.containers.remove(id, WAIT);
    await user.volumes.remove("sized", WAIT);
  });
});

describe("system df", () => {
  test("counts everything that is one's own, each layer once, and says what could come back", async () => {
    const dockerfile = (text: string) => `FROM busybox\nRUN ${write("/base", 4)}\nRUN echo ${text} > /own\n`;
    for (const tag of ["one", "two"]) {
      const build = await user.builds.createFromFiles({ dockerfile: dockerfile(tag) }, { tag, ...WAIT });
      assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
    }
    const stopped = await ran(`${write("/f", 1)}; ${write("/kept/f", 2)}`, {
      image: "one",
      mounts: [{ type: "volume", source: "kept", target: "/kept" }],
    });
    const running = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    await user.volumes.create({ name: "unused" });

    const usage = await eventuallyHolds(async () => {
      const now = await user.system.diskUsage({ verbose: true });
      assert.equal(now.containers.writableBytes, MIB);
      return now;
    });
    const { images, containers, volumes, builds } = usage;
    const base = await user.images.get("busybox");
    const [one, two] = [await user.images.get("one"), await user.images.get("two")];
    assert.deepEqual([images.count, images.inUse], [2, 1]);
    assert.equal(images.bytes, base.sizeBytes + 4 * MIB + 2 * "one\n".length);
    assert.equal(images.reclaimableBytes, two.uniqueBytes, "one's layers stay, and busybox is the catalog's");
    assert.equal(two.uniqueBytes, "two\n".length);
    assert.equal(one.sharedBytes + one.uniqueBytes, one.sizeBytes);
    assert.deepEqual(images.items?.map(({ tags, containers: users }) => [...tags, users]).toSorted(), [
      ["one:latest", 1],
      ["two:latest", 0],
    ]);
    assert.deepEqual([containers.count, containers.running, containers.reclaimableBytes], [2, 1, MIB]);
    assert.deepEqual(
      containers.items?.map(({ id, writableBytes, mounts }) => [id, writableBytes, mounts]),
      [
        [stopped, MIB, 1],
        [running.id, 0, 0],
      ],
    );
    assert.deepEqual([volumes.count, volumes.inUse, volumes.usedBytes, volumes.reclaimableBytes], [2, 1, 2 * MIB, 0]);
    assert.deepEqual(
      volumes.items?.map(({ name, usedBytes }) => [name, usedBytes]),
      [
        ["kept", 2 * MIB],
        ["unused", 0],
      ],
    );
    assert.deepEqual([builds.count, builds.open], [2, 0]);
    assert.ok(builds.logBytes > 0 && builds.reclaimableBytes === builds.logBytes + builds.contextBytes);
    assert.deepEqual(usage.unreachable, []);
    const brief = await user.system.diskUsage();
    assert.deepEqual(
      [brief.images.items, brief.containers.items, brief.volumes.items, brief.builds.items],
      [null, null, null, null],
    );
  });

  test("shows nothing of another's, and counts what is shared with the catalog as the catalog's", async () => {
    const other = await world.user();
    await other.builds.createFromFiles({ dockerfile: "FROM busybox\nLABEL a=b\n" }, { tag: "labelled", ...WAIT });
    const usage = await other.system.diskUsage({ verbose: true });
    assert.deepEqual([usage.images.count, usage.images.reclaimableBytes], [1, 0]);
    assert.deepEqual([usage.containers.count, usage.volumes.count, usage.volumes.usedBytes], [0, 0, 0]);
  });

  test("is asked of the engine once for all who ask at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => user.system.diskUsage()));
    for (const answer of answers) assert.deepEqual(answer.containers, answers[0]?.containers);
  });

  test("refuses what it does not know", async () => {
    const { status } = await ask(world.url, "GET", "/v1/system/df?verbose=perhaps", { key: user.apiKey });
    assert.equal(status, 400);
    await refusal(user.containers.get("none", { size: true }), "container_not_found");
  });

  test("names the host that does not answer, and leaves its bytes out", async () => {
    await world.worker.stop();
    const usage = await eventuallyHolds(async () => {
      const now = await user.system.diskUsage({ verbose: true });
      assert.equal(now.unreachable.length, 1);
      return now;
    });
    assert.equal(usage.unreachable[0]?.host, world.hostName);
    assert.equal(usage.containers.count, 2);
    assert.ok(usage.containers.items?.every(({ writableBytes }) => writableBytes === null));
    assert.ok(usage.images.bytes > 0, "images are told from their rows");
    await refusal(user.volumes.get("kept", { size: true }), "host_unreachable");
    const { id, state } = await user.containers.create({ image: "busybox" });
    assert.equal(state, "pending");
    assert.equal((await user.containers.get(id, { size: true })).size, null, "there is no file system for it");
    await world.worker.start();
  });
});
