import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Hafen } from "@hafen/sdk";
import { eventually, requireEnv, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let folder: string;
before(async () => {
  world = await startWorld();
  user = await world.user();
  folder = await mkdtemp(join(tmpdir(), "hafen-images-"));
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function build(dockerfile: string, tag: string, client = user): Promise<string> {
  const made = await client.builds.createFromFiles({ dockerfile }, { tag, ...WAIT });
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
  return made.imageId ?? "";
}
async function run(image: string, command?: string[]): Promise<string> {
  const { id } = await user.containers.create({ image, ...(command ? { command } : {}) });
  await user.containers.wait(id);
  const lines = await Array.fromAsync(user.containers.logs(id));
  await user.containers.remove(id, WAIT);
  return lines.map(({ text }) => text).join("\n");
}
const docker = (...args: string[]) => promisify(execFile)("docker", ["-H", requireEnv("HAFEN_TEST_ENGINE"), ...args]);
/** A `docker save` archive of an image of ours, under a name that somebody else may hold. */
async function saved(image: string, name: string): Promise<Buffer> {
  const { digest } = await user.images.get(image);
  const tag = `${name}-${world.hostName}`;
  await docker("tag", digest, tag);
  const file = join(folder, `${name}.tar`);
  await docker("save", "-o", file, tag);
  await docker("rmi", tag);
  return readFile(file);
}

describe("images", () => {
  test("show their configuration, layers, history and who uses them", async () => {
    const id = await build(
      'FROM busybox\nENV A=1\nEXPOSE 80\nLABEL l=v\nRUN echo x > /x\nCMD ["cat", "/x"]\n',
      "shown",
    );
    const container = await user.containers.create({ image: "shown", start: false }, WAIT);
    const image = await user.images.get("shown");
    assert.equal(image.id, id);
    assert.deepEqual(image.tags, ["shown:latest"]);
    assert.deepEqual(
      [image.config.command, image.config.exposedPorts, image.config.labels],
      [["cat", "/x"], ["80/tcp"], { l: "v" }],
    );
    assert.equal(image.layers.length, 2);
    assert.deepEqual(image.usedBy, [{ id: container.id, name: container.name }]);
    assert.match(image.digest, /^sha256:[0-9a-f]{64}$/);
    const history = await user.images.history("shown");
    assert.match(history[0]?.createdBy ?? "", /CMD/);
    assert.ok(history.some(({ createdBy, sizeBytes }) => createdBy.includes("echo x") && sizeBytes > 0));
    await user.containers.remove(container.id, WAIT);
  });

  test("are found by id, digest, tag, and tag with latest left out, also with a slash", async () => {
    const id = await build("FROM busybox\nRUN echo ref > /r\n", "team/app:1");
    const { digest } = await user.images.get(id);
    for (const ref of [id, digest, "team/app:1"]) assert.equal((await user.images.get(ref)).id, id);
    await user.images.tag(id, "team/app");
    assert.equal((await user.images.get("team/app:latest")).id, id);
    await refusal(user.images.get("team/app:2"), "image_not_found");
  });

  test("list one's own and the catalog's, newest first", async () => {
    const someone = await world.user();
    const id = await build("FROM busybox\nRUN echo l > /l\n", "listed", someone);
    assert.deepEqual(
      (await someone.images.list()).items.map((image) => [image.tags, image.catalog]),
      [
        [["listed:latest"], false],
        [["busybox:latest"], true],
      ],
    );
    assert.equal((await someone.images.list({ limit: 1 })).items[0]?.id, id);
  });

  test("a tag moves to another image, and the one it left is kept", async () => {
    const [one, two] = [
      await build("FROM busybox\nRUN echo 1 > /m\n", "m1"),
      await build("FROM busybox\nRUN echo 2 > /m\n", "m2"),
    ];
    await user.images.tag("m2", "m1");
    assert.equal((await user.images.get("m1")).id, two);
    assert.deepEqual((await user.images.get(two)).tags, ["m1:latest", "m2:latest"]);
    assert.deepEqual((await user.images.get(one)).tags, []);
    await refusal(user.images.tag("m1", "Not A Name"), "reference_invalid");
    await refusal(user.images.tag("busybox", "mine"), "image_not_found");
  });
});

describe("removal", () => {
  test("by tag drops the tag, and the image with its last one, from the engine too", async () => {
    const id = await build("FROM busybox\nRUN echo gone > /g\n", "gone");
    const { digest } = await user.images.get(id);
    await user.images.tag("gone", "gone:2");
    assert.deepEqual(await user.images.remove("gone"), { untagged: ["gone:latest"], deleted: false });
    assert.deepEqual(await user.images.remove("gone:2"), { untagged: ["gone:2"], deleted: true });
    await refusal(user.images.get(id), "image_not_found");
    const inEngine = async () => (await world.engine.inspectImage(digest)) !== undefined;
    await eventually("it is gone from the engine", async () => !(await inEngine()));
  });

  test("is refused while a container is made from it, and says which", async () => {
    await build("FROM busybox\nRUN echo used > /u\n", "used");
    const container = await user.containers.create({ image: "used", name: "user-of-it", start: false }, WAIT);
    const error = await refusal(user.images.remove("used"), "image_in_use");
    assert.match(error.detail, /user-of-it/);
    await user.containers.remove(container.id, WAIT);
    assert.equal((await user.images.remove("used")).deleted, true);
  });

  test("of a base keeps the images built on it", async () => {
    await build("FROM busybox\nRUN echo base > /b\n", "parent");
    await build("FROM parent\nRUN echo child >> /b\n", "child");
    assert.equal((await user.images.remove("parent")).deleted, true);
    assert.equal(await run("child", ["cat", "/b"]), "base\nchild");
  });

  test("of one user's image keeps another user's of the same digest", async () => {
    const other = await world.user();
    const dockerfile = "FROM busybox\nRUN echo same > /same\n";
    await build(dockerfile, "same");
    await build(dockerfile, "same", other);
    const [mine, theirs] = [await user.images.get("same"), await other.images.get("same")];
    assert.notEqual(mine.id, theirs.id);
    await other.images.remove("same");
    assert.equal(await run("same", ["cat", "/same"]), "same");
  });

  test("of the catalog's is for its owner alone", async () => {
    await refusal(user.images.remove("busybox"), "image_not_found");
  });
});

describe("import", () => {
  test("makes an image of a root file system, with its command", async () => {
    const busybox = await readFile(requireEnv("HAFEN_TEST_BUSYBOX_TAR"));
    const made = await user.images.import(gzipSync(busybox), { tag: "rootfs", command: ["echo", "a b"], ...WAIT });
    assert.deepEqual([made.state, made.kind], ["succeeded", "rootfs"], JSON.stringify(made.failure));
    assert.equal(await run("rootfs"), "a b");
  });

  test("makes an image of a docker save archive, with all its layers and configuration", async () => {
    await build(
      'FROM busybox\nENV WHO=saved\nRUN echo layer > /layer\nCMD ["sh", "-c", "echo $WHO; cat /layer"]\n',
      "to-save",
    );
    const archive = await saved("to-save", "plain");
    const other = await world.user();
    const made = await other.images.import(archive, { tag: "loaded", ...WAIT });
    assert.deepEqual([made.state, made.kind], ["succeeded", "archive"], JSON.stringify(made.failure));
    const { id } = await other.containers.create({ image: "loaded" });
    await other.containers.wait(id);
    assert.deepEqual(
      (await Array.fromAsync(other.containers.logs(id))).map(({ text }) => text),
      ["saved", "layer"],
    );
  });

  test("never moves a tag in the engine, whatever names the archive claims", async () => {
    const archive = await saved("to-save", "claims");
    const hostId = await world.hostId();
    const { id: victim } = await world.admin.images.get("busybox");
    const own = `hafen/${hostId}:${victim}`;
    const text = archive
      .toString("latin1")
      .replaceAll(
        `claims-${world.hostName}:latest`,
        "busybox:latest".padEnd(`claims-${world.hostName}:latest`.length, "x"),
      );
    const tagsBefore = await world.engine.listTags("");
    const made = await user.images.import(Buffer.from(text, "latin1"), WAIT);
    assert.ok(made.state === "succeeded" || made.failure?.code === "archive_invalid", JSON.stringify(made.failure));
    const tagsAfter = await world.engine.listTags("");
    const known = new Set(tagsBefore.map(({ tag }) => tag));
    const claimed = tagsAfter.map(({ tag }) => tag).filter((tag) => /claims-|^busybox/.test(tag) && !known.has(tag));
    assert.deepEqual(claimed, []);
    assert.deepEqual(
      tagsAfter.find(({ tag }) => tag === own),
      tagsBefore.find(({ tag }) => tag === own),
    );
  });

  test("of what is neither is refused, and nothing is left", async () => {
    for (const body of [
      Buffer.from("nonsense ".repeat(200)),
      Buffer.alloc(0),
      (await tarOf({ a: "x".repeat(5000) })).subarray(0, 2000),
    ]) {
      const { status, text } = await ask(world.url, "POST", "/v1/images/import", {
        key: user.apiKey,
        body: new Uint8Array(body),
        headers: { "content-type": "application/x-tar" },
      });
      assert.equal(status, 400, text);
    }
    const { id } = await user.me();
    const left = await world.database.sql`select 1 from blobs where user_id = ${id} and digest is null`;
    assert.equal(left.length, 0);
  });

  test("of a command that is no JSON array of strings is refused", async () => {
    for (const command of ["sh", "{}", "[1]", '["a\\u0000"]']) {
      const { status } = await ask(world.url, "POST", `/v1/images/import?command=${encodeURIComponent(command)}`, {
        key: user.apiKey,
        body: (await tarOf({ a: "" })) as never,
        headers: { "content-type": "application/x-tar" },
      });
      assert.equal(status, 400, command);
    }
  });

  test("and tagging and removing change the catalog only with an admin's key that has that scope", async () => {
    const busybox = await readFile(requireEnv("HAFEN_TEST_BUSYBOX_TAR"));
    const named = { tag: "guarded", catalog: true, command: ["true"], ...WAIT };
    assert.equal((await world.admin.images.import(busybox, named)).state, "succeeded");
    const { apiKey } = await world.admin.keys.create({ name: "ci", scopes: ["read", "write"] });
    const ci = new Hafen({ url: world.url, apiKey });
    await refusal(ci.images.import(busybox, named), "scope_missing");
    await refusal(ci.images.import(busybox, { tag: "guarded" }), "scope_missing");
    await refusal(ci.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, { tag: "guarded" }), "scope_missing");
    await refusal(ci.images.tag("guarded", "guarded-too"), "scope_missing");
    await refusal(ci.images.remove("guarded"), "scope_missing");
    const own = await ci.builds.createFromFiles({ dockerfile: "FROM busybox\nLABEL a=b\n" }, { tag: "own", ...WAIT });
    assert.equal(own.state, "succeeded");
    await refusal(ci.images.tag("own", "guarded"), "scope_missing");
    await world.admin.images.tag("guarded", "guarded-too");
    await world.admin.images.remove("guarded");
  });

  test("offers to everyone for admins alone; a name of the catalog is the latest admin's who offered it", async () => {
    const busybox = await readFile(requireEnv("HAFEN_TEST_BUSYBOX_TAR"));
    await refusal(user.images.import(busybox, { tag: "free", catalog: true }), "scope_missing");
    const { apiKey } = await world.admin.users.create({ name: "second-admin", role: "admin" });
    const second = new Hafen({ url: world.url, apiKey });
    const first = await world.admin.images.import(busybox, {
      tag: "offered",
      catalog: true,
      command: ["echo", "first"],
      ...WAIT,
    });
    const made = await second.images.import(busybox, {
      tag: "offered",
      catalog: true,
      command: ["echo", "second"],
      ...WAIT,
    });
    assert.deepEqual([first.state, made.state], ["succeeded", "succeeded"], JSON.stringify(made.failure));
    assert.equal(await run("offered"), "second");
    assert.equal((await world.admin.images.get("offered")).id, first.imageId);
  });
});
