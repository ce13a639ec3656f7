import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { Hafen } from "@hafen/sdk";
import { openOwnEngine, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";
import { filesOf, tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let folder: string;
before(async () => {
  world = await startWorld();
  user = await world.user();
  folder = await mkdtemp(join(tmpdir(), "hafen-archives-"));
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function built(tag: string, client: Hafen = user): Promise<string> {
  const dockerfile = `FROM busybox\nENV WHO=${tag}\nRUN echo $WHO > /who\nCMD ["cat", "/who"]\n`;
  const build = await client.builds.createFromFiles({ dockerfile }, { tag, ...WAIT });
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  return build.imageId ?? "";
}
const saved = async (ref: string, client: Hafen = user) =>
  Buffer.concat(await Array.fromAsync(client.images.export(ref)));
interface Manifest {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}
async function manifestOf(archive: Buffer): Promise<Manifest[]> {
  return JSON.parse(String((await filesOf(archive)).get("manifest.json"))) as Manifest[];
}
async function output(client: Hafen, image: string): Promise<string> {
  const { id } = await client.containers.create({ image });
  await client.containers.wait(id);
  return (await Array.fromAsync(client.containers.logs(id))).map(({ text }) => text).join("\n");
}

describe("an export", () => {
  test("names the tag it was asked for by, or all of the user's own, and nothing of Hafen's or of others", async () => {
    const other = await world.user();
    const id = await built("exported");
    await built("exported", other);
    await other.images.tag("exported", "others:secret");
    await user.images.tag(id, "second:2");
    assert.deepEqual((await manifestOf(await saved("exported")))[0]?.RepoTags, ["exported:latest"]);
    assert.deepEqual((await manifestOf(await saved("second:2")))[0]?.RepoTags, ["second:2"]);
    for (const ref of [id, (await user.images.get(id)).digest]) {
      const archive = await saved(ref);
      assert.deepEqual((await manifestOf(archive))[0]?.RepoTags, ["exported:latest", "second:2"]);
      for (const secret of ["hafen/", "hst_", "usr_", "img_", "others:secret"])
        assert.ok(!archive.includes(secret), secret);
    }
    await refusal(saved("others:secret"), "image_not_found");
    await refusal(saved("nothing"), "image_not_found");
  });

  test("of the catalog's image is for everybody, under its name there", async () => {
    assert.deepEqual((await manifestOf(await saved("busybox")))[0]?.RepoTags, ["busybox:latest"]);
    const { id } = await user.images.get("busybox");
    assert.deepEqual((await manifestOf(await saved(id)))[0]?.RepoTags, ["busybox:latest"]);
  });

  test("comes back into Hafen with the same id and the names in it, for its own user and for another", async () => {
    const id = await built("round");
    await user.images.tag(id, "trip:1");
    const archive = await saved(id);
    const { digest } = await user.images.get(id);
    const other = await world.user();
    for (const client of [user, other]) {
      const loaded = await client.images.import(archive, { keepTags: true, ...WAIT });
      assert.equal(loaded.state, "succeeded", JSON.stringify(loaded.failure));
      const image = await client.images.get(loaded.imageId ?? "");
      assert.deepEqual([image.digest, image.tags], [digest, ["round:latest", "trip:1"]]);
      assert.equal(await output(client, "trip:1"), "round");
    }
    const without = await world.user();
    const nameless = await without.images.import(archive, WAIT);
    assert.deepEqual((await without.images.get(nameless.imageId ?? "")).tags, []);
  });

  test("loads into an engine of its own that has never seen it, with the same id", async () => {
    await built("elsewhere");
    await using engine = await openOwnEngine();
    const docker = (...args: string[]) => promisify(execFile)("docker", ["-H", engine.address, ...args]);
    const file = join(folder, "elsewhere.tar");
    await writeFile(file, await saved("elsewhere"));
    assert.match((await docker("load", "-i", file)).stdout, /Loaded image: elsewhere:latest/);
    const { stdout } = await docker("image", "inspect", "-f", "{{.Id}}", "elsewhere:latest");
    assert.equal(stdout.trim(), (await user.images.get("elsewhere")).digest);
    assert.equal((await docker("run", "--rm", "--network", "none", "elsewhere")).stdout, "elsewhere\n");
  });

  test("of a committed image holds no label of Hafen's", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["true"] }, WAIT);
    await user.containers.commit(id, { tag: "committed" }, WAIT);
    const archive = await saved("committed");
    for (const secret of ["hafen.", id, (await user.me()).id]) assert.ok(!archive.includes(secret), secret);
    const loaded = await user.images.import(archive, WAIT);
    assert.equal(loaded.imageId, (await user.images.get("committed")).id);
  });

  test("that its reader leaves ends, and the service goes on", async () => {
    await built("left");
    for await (const piece of user.images.export("left")) {
      assert.ok(piece.length > 0);
      break;
    }
    assert.equal((await manifestOf(await saved("left"))).length, 1);
  });

  test("ends with the key it was asked for with", async () => {
    await built("revoked");
    const dockerfile = "FROM revoked\nRUN dd if=/dev/urandom of=/large bs=1M count=64\n";
    assert.equal((await user.builds.createFromFiles({ dockerfile }, { tag: "large", ...WAIT })).state, "succeeded");
    const { apiKey, id } = await user.keys.create({ name: "short-lived", scopes: ["read"] });
    const reader = new Hafen({ url: world.url, apiKey });
    let bytes = 0;
    await assert.rejects(async () => {
      for await (const piece of reader.images.export("large")) {
        if (bytes === 0) await user.keys.revoke(id);
        bytes += piece.length;
        await delay(5); // slower than what revokes it
      }
    });
    assert.ok(bytes < 64 * 1024 ** 2, `${bytes} bytes came`);
  });
});

describe("an archive of several images", () => {
  test("is refused at the upload, and says what to do", async () => {
    const [one, two] = [await filesOf(await saved(await built("one"))), await filesOf(await saved(await built("two")))];
    const parse = (files: Map<string, Buffer>) => JSON.parse(String(files.get("manifest.json"))) as Manifest[];
    const manifest = Buffer.from(JSON.stringify([...parse(one), ...parse(two)]));
    const both = await tarOf(Object.fromEntries([...one, ...two, ["manifest.json", manifest]]));
    const error = await refusal(user.images.import(both, { keepTags: true }), "archive_invalid");
    assert.match(error.detail, /2 images.*one by one/);
    const { id } = await user.me();
    const left = await world.database.sql`
      select 1 from blobs b where b.user_id = ${id} and not exists (select 1 from builds where context_digest = b.digest)`;
    assert.equal(left.length, 0);
  });
});
