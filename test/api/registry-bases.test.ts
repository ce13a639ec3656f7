import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Build, Hafen } from "@hafen/sdk";
import { assertConverges, startWorld, testRegistries, type World } from "../support/index.ts";
import { filesOf, tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 120 };
const { open, guarded, login } = testRegistries();
const unique = randomBytes(4).toString("hex");
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld({ env: { HAFEN_REGISTRIES: `${open},${guarded},127.0.0.1:9` } });
  user = await world.user("owner");
  await user.registries.store(guarded, login);
});
after(() => world[Symbol.asyncDispose]());

const build = (dockerfile: string, tag: string, client: Hafen = user) =>
  client.builds.createFromFiles({ dockerfile }, { tag, ...WAIT });
function succeeded(made: Build): Build {
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
  return made;
}
/** Puts an image into a registry, and drops it here; answers with what the registry calls it. */
async function published(reference: string, text: string): Promise<string> {
  const { imageId } = succeeded(await build(`FROM busybox\nRUN echo ${text} ${unique} > /base\n`, "to-publish"));
  succeeded(await user.images.push(imageId ?? "", reference, WAIT));
  const { manifestDigest } = await user.images.get(imageId ?? "");
  await user.images.remove(imageId ?? "");
  return manifestDigest ?? "";
}
async function output(image: string, client: Hafen = user): Promise<string> {
  const { id } = await client.containers.create({ image, command: ["cat", "/base"] });
  await client.containers.wait(id);
  return (await Array.fromAsync(client.containers.logs(id))).map(({ text }) => text).join("\n");
}

describe("FROM a registry", () => {
  test("is fetched for the build, pinned by digest, and is nobody's image afterwards", async () => {
    const reference = `${open}/${unique}/base:1`;
    const digest = await published(reference, "one");
    const images = (await user.images.list()).items.length;
    const made = succeeded(await build(`FROM ${reference}\nRUN echo more >> /base\n`, "child"));
    assert.deepEqual(made.bases, [{ reference, imageId: null, digest, source: "registry" }]);
    assert.deepEqual((await user.images.get("child")).bases, made.bases);
    assert.equal(await output("child"), `one ${unique}\nmore`);
    assert.equal(made.steps[0]?.instruction, `FROM ${reference}`);
    assert.equal((await user.images.list()).items.length, images + 1);
    assert.deepEqual(await world.engine.listTags(`${open}/${unique}`), []);
    await assertConverges(world);
  });

  test("means what the registry has now, and with a digest what it had then", async () => {
    const reference = `${open}/${unique}/moving:1`;
    const then = await published(reference, "first");
    succeeded(await build(`FROM ${reference}\n`, "moving"));
    assert.equal(await output("moving"), `first ${unique}`);
    await published(reference, "second");
    succeeded(await build(`FROM ${reference}\n`, "moving"));
    assert.equal(await output("moving"), `second ${unique}`);
    const pinned = succeeded(await build(`FROM ${open}/${unique}/moving@${then}\n`, "pinned"));
    assert.equal(pinned.bases[0]?.digest, then);
    assert.equal(await output("pinned"), `first ${unique}`);
  });

  test("comes last: a stage, one's own image and the catalog's of the same name go before it", async () => {
    const reference = `${open}/${unique}/shadowed:1`;
    await published(reference, "registry");
    const { imageId } = succeeded(await build(`FROM busybox\nRUN echo own > /base\n`, reference));
    const made = succeeded(await build(`FROM ${reference}\n`, "of-own"));
    assert.deepEqual([made.bases[0]?.source, made.bases[0]?.imageId], ["own", imageId]);
    assert.equal(await output("of-own"), "own");
  });

  test("in COPY --from and in several stages, each pinned by itself", async () => {
    const [a, b] = [`${open}/${unique}/a:1`, `${open}/${unique}/b:1`];
    await published(a, "a");
    await published(b, "b");
    const made = succeeded(
      await build(`FROM ${a} AS one\nFROM busybox\nCOPY --from=${b} /base /base\nCOPY --from=one /base /a\n`, "both"),
    );
    assert.deepEqual(
      made.bases
        .map(({ reference, source }) => [reference, source])
        .toSorted((x, y) => String(x).localeCompare(String(y))),
      [
        [a, "registry"],
        [b, "registry"],
        ["busybox", "catalog"],
      ].toSorted((x, y) => String(x).localeCompare(String(y))),
    );
    assert.equal(await output("both"), `b ${unique}`);
  });

  test("takes the builder's own credentials, whatever the host has of it", async () => {
    const reference = `${guarded}/${unique}/private:1`;
    const digest = await published(reference, "private");
    succeeded(await build(`FROM ${reference}\n`, "allowed"));
    const stranger = await world.user();
    for (const name of [reference, `${guarded}/${unique}/private@${digest}`]) {
      const { failure } = await build(`FROM ${name}\n`, "stolen", stranger);
      assert.deepEqual([failure?.code, failure?.reason], ["registry_failed", "unauthorized"], name);
      const copied = await build(`FROM busybox\nCOPY --from=${name} /base /base\n`, "stolen", stranger);
      assert.equal(copied.failure?.reason, "unauthorized");
    }
    await stranger.registries.store(guarded, login);
    succeeded(await build(`FROM ${reference}\n`, "granted", stranger));
  });

  test("that is none of the service's, or does not answer, ends the build with the reason", async () => {
    const elsewhere = await build("FROM 169.254.169.254/latest/x\n", "x");
    assert.equal(elsewhere.failure?.code, "base_not_found");
    assert.match(elsewhere.failure?.detail ?? "", /169\.254\.169\.254 is no registry of this service/);
    const bare = await build("FROM no-such-image\n", "x");
    assert.match(
      bare.failure?.detail ?? "",
      /neither one of your images nor in the catalog, and docker\.io is no registry/,
    );
    const silent = await build("FROM 127.0.0.1:9/x\n", "x");
    assert.deepEqual([silent.failure?.code, silent.failure?.reason], ["registry_failed", "unreachable"]);
  });

  test("with an ONBUILD ADD of a URL is refused, as any other base with one is", async () => {
    const { imageId } = succeeded(await build("FROM busybox\nRUN echo t > /t\n", "plain"));
    const files = await filesOf(Buffer.concat(await Array.fromAsync(user.images.export(imageId ?? ""))));
    const [manifest] = JSON.parse(String(files.get("manifest.json"))) as [{ Config: string }];
    const config = JSON.parse(String(files.get(manifest.Config))) as { config: object };
    const changed = JSON.stringify({ ...config, config: { ...config.config, OnBuild: ["ADD http://10.0.0.1/x /x"] } });
    const name = `${createHash("sha256").update(changed).digest("hex")}.json`;
    files.delete(manifest.Config);
    const archive = await tarOf({
      ...Object.fromEntries(files),
      [name]: changed,
      "manifest.json": JSON.stringify([{ ...manifest, Config: name }]),
    });
    const loaded = succeeded(await user.images.import(archive, WAIT));
    const reference = `${open}/${unique}/trigger:1`;
    succeeded(await user.images.push(loaded.imageId ?? "", reference, WAIT));
    await user.images.remove(loaded.imageId ?? "");
    assert.equal((await build(`FROM ${reference}\n`, "x")).failure?.code, "remote_add_refused");
    await assertConverges(world);
  });
});
