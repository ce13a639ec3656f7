import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Prune, Pruned } from "@hafen/sdk";
import { eventually, eventuallyHolds, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;
type User = Awaited<ReturnType<World["user"]>>;
type Body = Partial<Parameters<User["containers"]["create"]>[0]>;

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world[Symbol.asyncDispose]());

async function made(user: User, name: string, script: string, body: Body = {}): Promise<string> {
  const command = ["sh", "-c", script];
  const { id } = await user.containers.create({ image: "busybox", name, command, ...body }, WAIT);
  return id;
}
async function ran(user: User, name: string, script: string, body: Body = {}): Promise<string> {
  const id = await made(user, name, script, body);
  await user.containers.wait(id);
  return id;
}
async function built(user: User, tag: string, ...instructions: string[]): Promise<string> {
  const dockerfile = instructions.join("\n");
  const { imageId, failure } = await user.builds.createFromFiles({ dockerfile }, { tag, ...WAIT });
  return imageId ?? assert.fail(JSON.stringify(failure));
}
const volume = (source: string) => ({ mounts: [{ type: "volume" as const, source, target: "/v" }] });
const reasons = (items: Pruned["kept"]) => Object.fromEntries(items.map(({ name, why }) => [name, why]));
const names = (items: Pruned["removed"]) => items.map(({ name }) => name).toSorted();

describe("containers", () => {
  test("that do not run go with their bytes; those that run, are young or lack the label stay, and it is said why", async () => {
    const user = await world.user();
    await ran(user, "ended", "dd if=/dev/zero of=/f bs=1M count=2", { labels: { team: "a", old: "" } });
    await user.containers.create({ image: "busybox", name: "never", start: false, labels: { team: "b" } }, WAIT);
    await made(user, "works", "sleep 1000");

    const none = await user.system.prune({ containers: { olderThanSeconds: 3600 } });
    assert.deepEqual(names(none.removed), []);
    assert.match(reasons(none.kept)["ended"] ?? "", /newer/);
    const labelled = await user.system.prune({ containers: { labels: ["team=b", "old"] }, dryRun: true });
    assert.deepEqual(reasons(labelled.kept), {
      ended: "it does not have the label team=b",
      never: "it does not have the label old",
      works: "it is running",
    });

    const all: Prune = { containers: true };
    const dry = await eventuallyHolds(async () => {
      const now = await user.system.prune({ ...all, dryRun: true });
      assert.equal(now.reclaimableBytes, 2 * MIB);
      return now;
    });
    assert.equal(dry.reclaimedBytes, 0);
    assert.equal((await user.containers.list()).items.length, 3, "a dry run removes nothing");
    const done = await user.system.prune(all);
    assert.deepEqual({ ...done, reclaimedBytes: 0 }, dry, "it does what the dry run said");
    assert.equal(done.reclaimedBytes, 2 * MIB);
    assert.deepEqual(names(done.removed), ["ended", "never"]);
    assert.deepEqual(
      (await user.containers.list()).items.map(({ name }) => name),
      ["works"],
      "it answers once they are gone",
    );
  });

  test("keep their volumes, and each removal is in the events and the audit log as one of a prune", async () => {
    const user = await world.user();
    const id = await ran(user, "holder", "echo kept > /v/f", volume("data"));
    await user.system.prune({ containers: true });
    await eventually("it is gone", async () => (await user.volumes.get("data")).mountedBy.length === 0);
    const changed = await user.events.list({ subject: id, since: "start", type: "container.changed" });
    assert.deepEqual(changed.at(-1)?.data, { desired: "removed", via: "prune" });
    const audit = await world.database.sql<{ action: string; key: string | null; detail: object }[]>`
      select action, key_id as key, detail from audit_log where subject = ${id} order by id desc limit 1`;
    assert.equal(audit[0]?.action, "container.remove");
    assert.ok(audit[0].key?.startsWith("key_"));
    assert.deepEqual(audit[0].detail, { desired: "removed", via: "prune" });
  });
});

describe("volumes", () => {
  test("that hold anything, if only an empty file, are kept unless they are named; what is empty and unused goes", async () => {
    const user = await world.user();
    await user.volumes.create({ name: "never-mounted" });
    for (const [name, script] of [
      ["emptied", "echo x > /v/f; rm /v/f"],
      ["marker", "touch /v/marker"],
      ["directory", "mkdir /v/d"],
      ["full", "echo data > /v/f"],
    ] as const)
      await user.containers.remove(await ran(user, name, script, volume(name)), WAIT);
    const holder = await made(user, "mounter", "sleep 1000", volume("mounted"));

    const dry = await user.system.prune({ volumes: true, dryRun: true });
    const done = await user.system.prune({ volumes: true });
    assert.deepEqual(names(dry.removed), ["emptied", "never-mounted"]);
    assert.deepEqual([done.removed, done.kept], [dry.removed, dry.kept]);
    const kept = reasons(done.kept);
    for (const name of ["marker", "directory", "full"])
      assert.equal(kept[name], `It holds data. To remove it all the same, name it: ${name}.`);
    assert.equal(kept["mounted"], "mounted by mounter");

    const { id } = await user.volumes.get("full");
    const named = await user.system.prune({ volumes: ["full", "mounted"] });
    assert.deepEqual([names(named.removed), reasons(named.kept)], [["full"], { mounted: "mounted by mounter" }]);
    assert.equal(await world.engine.inspectVolume(id), undefined, "it is gone from the engine once it is answered");
    await user.containers.remove(holder, { force: true });
  });

  test("one name that is nothing, or another user's, and nothing goes at all", async () => {
    const [user, other] = [await world.user(), await world.user()];
    await user.volumes.create({ name: "mine" });
    const { id } = await other.volumes.create({ name: "theirs" });
    for (const name of ["none", "theirs", id])
      await refusal(user.system.prune({ volumes: ["mine", name], containers: true }), "volume_not_found");
    assert.equal((await user.volumes.get("mine")).state, "pending");
  });

  test("of containers that go in the same prune count as unused", async () => {
    const user = await world.user();
    await ran(user, "user", "true", volume("left"));
    for (const dryRun of [true, false]) {
      const { removed } = await user.system.prune({ containers: true, volumes: true, dryRun });
      assert.deepEqual(names(removed), ["left", "user"]);
    }
    assert.deepEqual((await user.volumes.list()).items, []);
  });

  test("whose host does not answer are kept, since nobody knows what they hold", async () => {
    const user = await world.user();
    await user.containers.remove(await ran(user, "writer", "true", volume("far")), WAIT);
    await world.worker.stop();
    await eventuallyHolds(async () => {
      const { removed, kept } = await user.system.prune({ volumes: true });
      assert.deepEqual(names(removed), []);
      assert.match(reasons(kept)["far"] ?? "", /does not answer/);
    });
    await world.worker.start();
    assert.deepEqual(names((await user.system.prune({ volumes: true })).removed), ["far"]);
  });
});

describe("images", () => {
  test("without a name go, with the layers nobody else has; what a container or another image needs stays", async () => {
    const user = await world.user();
    const fill = (mib: number) => `RUN dd if=/dev/zero of=/f${mib} bs=1M count=${mib} 2>/dev/null`;
    const lower = await built(user, "lower", "FROM busybox", fill(1));
    await built(user, "upper", "FROM lower", "LABEL a=b");
    await built(user, "lower", "FROM busybox", "LABEL moved=on");
    const used = await built(user, "used", "FROM busybox", fill(2));
    const usedBy = await ran(user, "uses", "true", { image: "used" });
    await built(user, "used", "FROM busybox", "LABEL a=c");
    const dangling = await built(user, "gone", "FROM busybox", fill(3));
    await built(user, "gone", "FROM busybox", "LABEL a=d");

    const dry = await user.system.prune({ images: true, dryRun: true });
    assert.deepEqual(
      dry.removed.map(({ id, bytes }) => [id, bytes]),
      [[dangling, 3 * MIB]],
    );
    const why = Object.fromEntries(dry.kept.map(({ id, why: reason }) => [id, reason]));
    assert.equal(why[lower], "used as base of image upper:latest");
    assert.equal(why[used], "used by container uses");
    assert.equal(reasons(dry.kept)["gone:latest"], "it is called gone:latest");
    const done = await user.system.prune({ images: true });
    assert.deepEqual([done.removed, done.kept, done.reclaimedBytes], [dry.removed, dry.kept, 3 * MIB]);
    await refusal(user.images.get(dangling), "image_not_found");
    assert.equal((await user.images.get(lower)).id, lower);

    const all: Prune = { containers: true, images: { all: true } };
    const plan = await user.system.prune({ ...all, dryRun: true });
    const gone = await user.system.prune(all);
    assert.deepEqual(gone.removed, plan.removed);
    assert.deepEqual(gone.removed[0]?.id, usedBy, "containers first, so that their images are free");
    assert.equal(
      gone.reclaimedBytes,
      gone.removed.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    );
    assert.ok(gone.reclaimedBytes >= 3 * MIB);
    assert.deepEqual(
      (await user.images.list()).items.filter(({ catalog }) => !catalog),
      [],
    );
    assert.equal((await user.images.get("busybox")).catalog, true);
  });

  test("of the catalog stay, for their owner too", async () => {
    const { removed, kept } = await world.admin.system.prune({ images: { all: true } });
    assert.deepEqual([names(removed), reasons(kept)], [[], { "busybox:latest": "it is in the catalog, for everyone" }]);
  });
});

describe("builds", () => {
  test("that have ended go with their logs, and their images say that nobody knows their bases any more", async () => {
    const user = await world.user();
    await built(user, "kept", "FROM busybox", "RUN echo a line of the log");
    const failed = await user.builds.createFromFiles({ dockerfile: "FROM nothing\n" }, WAIT);
    const image = await user.images.get("kept");
    assert.deepEqual(
      image.bases?.map(({ reference }) => reference),
      ["busybox"],
    );
    const young = await user.system.prune({ builds: { olderThanSeconds: 3600 } });
    assert.deepEqual([young.removed.length, young.kept.length], [0, 2]);
    const { removed, reclaimedBytes } = await user.system.prune({ builds: true });
    assert.deepEqual(
      removed.map(({ id }) => id),
      [image.buildId, failed.id],
    );
    assert.ok(reclaimedBytes > 0);
    await refusal(user.builds.get(failed.id), "build_not_found");
    assert.equal((await user.images.get("kept")).bases, null);
    const rows = await world.database.sql`select 1 from build_log_chunks where build_id = ${image.buildId}`;
    assert.equal(rows.length, 0);
  });

  test("one that has ended can be removed by its id, one that has not cannot", async () => {
    const user = await world.user();
    const { id } = await user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN sleep 100\n" });
    assert.equal((await refusal(user.builds.remove(id), "build_wrong_state")).status, 409);
    assert.match(reasons((await user.system.prune({ builds: true })).kept)[id] ?? "", /it is (queued|running)/);
    await user.builds.cancel(id, WAIT);
    await user.builds.remove(id);
    await refusal(user.builds.remove(id), "build_not_found");
  });
});

describe("a request", () => {
  test("that is not valid is refused, and removes nothing", async () => {
    const user = await world.user();
    await user.volumes.create({ name: "stays" });
    for (const json of [
      {},
      { dryRun: true },
      { containers: false },
      { volumes: [] },
      { volumes: "stays" },
      { images: { al: true } },
      { builds: { olderThanSeconds: -1 } },
      { containers: { labels: [] } },
      { everything: true },
    ]) {
      const { status, body } = await ask(world.url, "POST", "/v1/prune", { key: user.apiKey, json });
      assert.deepEqual([status, body["code"]], [400, "invalid_request"], JSON.stringify(json));
    }
    assert.equal((await user.volumes.list()).items.length, 1);
  });

  test("with an Idempotency-Key is done once, and its answer given again", async () => {
    const user = await world.user();
    await user.volumes.create({ name: "first" });
    const options = { idempotencyKey: "prune-once" };
    const first = await user.system.prune({ volumes: true }, options);
    await user.volumes.create({ name: "second" });
    assert.deepEqual(await user.system.prune({ volumes: true }, options), first);
    assert.deepEqual(names(first.removed), ["first"]);
    assert.equal((await user.volumes.get("second")).state, "pending");
    await refusal(user.system.prune({ builds: true }, options), "idempotency_mismatch");
  });
});
