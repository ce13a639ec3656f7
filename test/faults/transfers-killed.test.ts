import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import type { Build } from "@hafen/sdk";
import { engineRequest } from "@hafen/infra";
import { assertConverges, eventually, startWorld, testRegistries, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 120 };
const { open, guarded, login } = testRegistries();
const unique = randomBytes(4).toString("hex");
/** Large enough that a transfer or a commit is under way when it is looked at. */
const LARGE = "dd if=/dev/urandom of=/large bs=1M count=192";
let world: World;
before(async () => {
  world = await startWorld({ env: { HAFEN_REGISTRIES: `${open},${guarded}` } });
  const made = await world.admin.builds.createFromFiles(
    { dockerfile: `FROM busybox\nRUN ${LARGE}\n` },
    { tag: "large", ...WAIT },
  );
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
});
after(() => world[Symbol.asyncDispose]());

/** Kills the worker once the build's log says that it is in the middle, and starts another. */
async function killedAt(line: RegExp, id: string): Promise<Build> {
  await eventually(`the log of ${id} says ${line}`, async () => {
    const lines = await Array.fromAsync(world.admin.builds.logs(id, {}));
    return lines.some(({ text }) => line.test(text));
  });
  await world.worker.kill();
  assert.equal((await world.admin.builds.get(id)).state, "running");
  await world.worker.start();
  return world.admin.builds.wait(id);
}

/** Large images of the engine that have no name and that no other is built on; small ones may be another test's builds. */
async function untagged(): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ dangling: ["true"] }));
  const { body } = await engineRequest(world.env["DOCKER_HOST"] ?? "", "GET", `/images/json?filters=${filters}`, {
    timeoutMs: 30_000,
  });
  return (JSON.parse(body) as { Id: string; Size: number }[])
    .filter(({ Size }) => Size > 192 * 1024 ** 2)
    .map(({ Id }) => Id);
}

test("a push whose worker is killed is pushed once more, and its name is gone from the engine", async () => {
  const reference = `${open}/${unique}/killed:1`;
  const { id } = await world.admin.images.push("large", reference);
  const build = await killedAt(/: Pushing$/, id);
  assert.deepEqual([build.state, build.attempt], ["succeeded", 2], JSON.stringify(build.failure));
  assert.deepEqual(await world.engine.listTags(`${open}/${unique}`), []);
  await assertConverges(world);
});

test("a pull whose worker is killed is pulled once more, and is one image", async () => {
  const { digest } = await world.admin.images.get("large");
  const reference = `${open}/${unique}/killed:1`;
  await world.admin.images.remove("large");
  await eventually("the engine has dropped it", async () => !(await world.engine.inspectImage(digest)));
  const { id } = await world.admin.images.pull(reference, { tag: "large" });
  const build = await killedAt(/: (Downloading|Extracting|Download complete)$/, id);
  assert.deepEqual([build.state, build.attempt], ["succeeded", 2], JSON.stringify(build.failure));
  assert.equal((await world.admin.images.get("large")).digest, digest);
  assert.deepEqual(await world.engine.listTags(`${open}/${unique}`), []);
  await assertConverges(world);
});

test("a commit whose worker is killed is committed once more, and leaves no image without a name", async () => {
  const known = await untagged();
  const command = ["sh", "-c", `${LARGE}; sleep 1000`];
  const container = await world.admin.containers.create({ image: "busybox", command }, WAIT);
  await eventually("the file is written", async () => {
    const { stdout } = await world.admin.containers.exec(container.id, {
      command: ["sh", "-c", "stat -c %s /large || true"],
    });
    return stdout.trim() === String(192 * 1024 ** 2);
  });
  const { id } = await world.admin.containers.commit(container.id, { tag: "kept" });
  const build = await killedAt(/^Committing /, id);
  assert.deepEqual([build.state, build.attempt], ["succeeded", 2], JSON.stringify(build.failure));
  assert.equal((await world.admin.images.get("kept")).id, build.imageId);
  assert.equal((await world.admin.containers.get(container.id)).state, "running");
  await world.admin.containers.remove(container.id, { force: true, ...WAIT });
  await assertConverges(world);
  assert.deepEqual(
    (await untagged()).filter((image) => !known.includes(image)),
    [],
  );
});

test("a push that is cancelled while its worker is dead leaves no name in the engine", async () => {
  // A registry that has none of its layers yet.
  await world.admin.registries.store(guarded, login);
  const reference = `${guarded}/${unique}/cancelled:1`;
  const { id } = await world.admin.images.push("large", reference);
  await eventually("the engine has its name", async () => (await world.engine.inspectImage(reference)) !== undefined);
  await world.worker.kill();
  await world.admin.builds.cancel(id);
  await world.worker.start();
  assert.equal((await world.admin.builds.wait(id)).state, "cancelled");
  assert.deepEqual(await world.engine.listTags(`${guarded}/${unique}`), []);
  await assertConverges(world);
});

test("what a build held in the engine when its worker died after the end is dropped by the sweep", async () => {
  const hostId = await world.hostId();
  const { digest } = await world.admin.images.get("large");
  const ended = (await world.admin.builds.list()).items[0]?.id ?? "";
  const tag = `hafen/${hostId}:${ended}.1`;
  await world.engine.tagImage(digest, tag);
  await eventually("the sweep has dropped it", async () => !(await world.engine.listTags(tag)).length);
  assert.ok(await world.engine.inspectImage(digest), "its image has a tag of its own");
});
