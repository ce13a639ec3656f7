import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
const KIB = 1024;
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const fill = (path: string, kib: number) => `RUN dd if=/dev/zero of=${path} bs=1k count=${kib} 2>/dev/null`;
async function build(tag: string, ...instructions: string[]): Promise<void> {
  const { state, failure } = await user.builds.createFromFiles(
    { dockerfile: instructions.join("\n") },
    { tag, ...WAIT },
  );
  assert.equal(state, "succeeded", JSON.stringify(failure));
}

test("images that share layers hang on the same branch, and each frees what only it has", async () => {
  await build("base", "FROM busybox", fill("/base", 100));
  await build("left", "FROM base", fill("/left", 30), "ENV A=1");
  await build("right", "FROM base", fill("/right", 20), fill("/more", 10));
  await build("alias", "FROM left", "LABEL only=configuration");

  const tree = await user.images.tree();
  const nodeOf = (tag: string) =>
    tree.items.find(({ images }) => images.some(({ tags }) => tags.includes(`${tag}:latest`)));
  const imageOf = (tag: string) => nodeOf(tag)?.images.find(({ tags }) => tags.includes(`${tag}:latest`));
  const [busybox, base, left, right] = ["busybox", "base", "left", "right"].map(nodeOf);
  assert.deepEqual(
    [busybox?.parent, base?.parent, left?.parent, right?.parent],
    [null, busybox?.node, base?.node, base?.node],
  );
  assert.equal(nodeOf("alias"), left, "the same layers, another configuration");
  assert.deepEqual([base?.bytes, left?.bytes, right?.bytes], [100 * KIB, 30 * KIB, 30 * KIB]);
  assert.equal(right?.layers.length, 2);
  assert.equal(imageOf("busybox")?.own, false);
  const frees = ["base", "left", "alias", "right"].map((tag) => imageOf(tag)?.freesBytes);
  assert.deepEqual(frees, [0, 0, 0, 30 * KIB]);
  assert.equal(tree.bytes, (imageOf("busybox")?.sizeBytes ?? 0) + 160 * KIB);
  for (const tag of ["base", "left", "right"]) {
    const image = await user.images.get(tag);
    assert.equal(image.uniqueBytes, imageOf(tag)?.freesBytes);
    assert.equal(image.sharedBytes + image.uniqueBytes, image.sizeBytes);
  }

  await user.images.remove("alias");
  assert.equal((await user.images.get("left")).uniqueBytes, 30 * KIB, "nobody else has it any more");
});

test("what an image frees comes back in the engine, too", async () => {
  const { digest, uniqueBytes } = await user.images.get("right");
  const held = (await world.engine.diskUsage()).images.find(({ id }) => id === digest);
  assert.equal(held && held.sizeBytes - held.sharedBytes, uniqueBytes);
});

test("an image may be called tree", async () => {
  await build("tree", "FROM busybox", "LABEL a=b");
  assert.deepEqual((await user.images.get("tree")).tags, ["tree:latest"]);
});
