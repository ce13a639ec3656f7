import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { once, packTar } from "../tar.ts";
import { isKind, type Subject } from "./subject.ts";

export function imageTests(get: () => Subject): void {
  const imported = (text: string, changes: string[] = []) =>
    get().engine.importImage(once(packTar({ "f.txt": text })), { changes });

  describe("images", () => {
    test("an imported root file system is an image of one layer with the configuration asked for", async () => {
      const { engine, prefix } = get();
      const id = await imported("a", [
        'CMD ["hello","there"]',
        "ENV A=1",
        'VOLUME ["/data"]',
        "EXPOSE 80/tcp",
        "USER 1000",
      ]);
      await engine.tagImage(id, `${prefix}imported:1`);
      const found = await engine.inspectImage(id);
      assert.match(id, /^sha256:[0-9a-f]{64}$/);
      assert.equal(found?.id, id);
      assert.equal(found.diffIds.length, 1);
      const { command, env, volumes, exposedPorts, user, entrypoint } = found.config;
      assert.deepEqual(
        [command, volumes, exposedPorts, user, entrypoint],
        [["hello", "there"], ["/data"], ["80/tcp"], "1000", []],
      );
      assert.ok(env.includes("A=1"));
    });

    test("what is no archive is invalid", async () => {
      await assert.rejects(get().engine.importImage(once(Buffer.alloc(2048, "x")), { changes: [] }), isKind("invalid"));
    });

    test("tags are listed by prefix, may be set again, and are gone without complaint", async () => {
      const { engine, prefix } = get();
      const [one, two] = [await imported("one"), await imported("two")];
      const tag = `${prefix}tags:1`;
      await engine.tagImage(one, tag);
      await engine.tagImage(one, tag);
      assert.deepEqual(await engine.listTags(`${prefix}tags`), [{ tag, imageId: one }]);
      assert.deepEqual((await engine.inspectImage(tag))?.tags, [tag]);
      await engine.tagImage(one, `${prefix}tags:keep`);
      await engine.tagImage(two, tag);
      assert.equal((await engine.inspectImage(tag))?.id, two);
      await engine.removeTag(tag);
      await engine.removeTag(tag);
      assert.equal(await engine.inspectImage(tag), undefined);
      assert.equal(await engine.inspectImage(two), undefined, "no tag held it");
      assert.equal((await engine.inspectImage(one))?.id, one, "another tag holds it");
      await assert.rejects(engine.tagImage(`sha256:${"1".repeat(64)}`, tag), isKind("not_found"));
    });

    test("an image that gets a name while its last one is dropped has that name, or there is no image to name", async () => {
      const { engine, prefix } = get();
      const busy = await imported("busy");
      await engine.tagImage(busy, `${prefix}busy:1`);
      const ended = new AbortController();
      // An engine that has many names to write is slow between the drop of a name and what follows from it.
      const others = Array.from({ length: 8 }, async (_, at) => {
        while (!ended.signal.aborted) {
          await engine.tagImage(busy, `${prefix}busy:other-${at}`);
          await engine.removeTag(`${prefix}busy:other-${at}`);
          await delay(0);
        }
      });
      try {
        for (let round = 0; round < 20; round++) {
          const id = await imported(`round ${round}`);
          const names = [1, 2, 3, 4].map((n) => `${prefix}new-${n}:${round}`);
          await engine.tagImage(id, `${prefix}old:${round}`);
          const [, ...named] = await Promise.allSettled([
            engine.removeTag(`${prefix}old:${round}`),
            ...names.map((name, at) => delay(2 * at).then(() => engine.tagImage(id, name))),
          ]);
          for (const each of named) assert.ok(each.status === "fulfilled" || isKind("not_found")(each.reason));
          const set = names.filter((_, at) => named[at]?.status === "fulfilled");
          assert.deepEqual((await engine.inspectImage(id))?.tags.toSorted() ?? [], set);
        }
      } finally {
        ended.abort();
        await Promise.all(others);
      }
    });

    test("the last tag of an image in use cannot be dropped", async () => {
      const { engine, prefix, create } = get();
      const id = await imported("used");
      await engine.tagImage(id, `${prefix}used:1`);
      const container = await create([["sleep"]], { imageId: id });
      await assert.rejects(engine.removeTag(`${prefix}used:1`), isKind("conflict"));
      await engine.removeContainer(container);
      await engine.removeTag(`${prefix}used:1`);
      assert.equal(await engine.inspectImage(id), undefined);
    });

    test("history is newest first", async () => {
      const { engine, build, base, image } = get();
      const events = await build({ Dockerfile: `FROM ${base}\nENV FIRST=1\nENV SECOND=2\n` });
      const built = events.at(-1);
      assert.ok(built?.type === "image");
      const history = await engine.imageHistory(built.imageId);
      assert.equal(history[0]?.imageId, built.imageId);
      assert.match(history[0]?.createdBy ?? "", /SECOND/);
      assert.match(history[1]?.createdBy ?? "", /FIRST/);
      assert.equal(history[2]?.imageId, image);
      await assert.rejects(engine.imageHistory(`sha256:${"2".repeat(64)}`), isKind("not_found"));
    });

    test("a saved archive is loaded, and its ids told", async () => {
      const { engine, prefix } = get();
      const layer = packTar({ "loaded.txt": "x" });
      const diffId = `sha256:${createHash("sha256").update(layer).digest("hex")}`;
      const config = JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: [diffId] },
      });
      const name = createHash("sha256").update(config).digest("hex");
      const manifest = JSON.stringify([
        { Config: `${name}.json`, RepoTags: [`${prefix}loaded:1`], Layers: ["layer.tar"] },
      ]);
      const archive = packTar(
        new Map(
          Object.entries({
            [`${name}.json`]: Buffer.from(config),
            "layer.tar": layer,
            "manifest.json": Buffer.from(manifest),
          }),
        ),
      );
      const ids = await engine.loadImages(once(archive));
      assert.equal(ids.length, 1);
      assert.equal((await engine.inspectImage(`${prefix}loaded:1`))?.id, ids[0]);
    });
  });
}
