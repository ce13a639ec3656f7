import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MountSpec } from "../engine.ts";
import { once, packTar, unpackTar } from "../tar.ts";
import { collect, isKind, type Subject, textOf } from "./subject.ts";

export function fileTests(get: () => Subject): void {
  const volume = async () => {
    const { engine, label, unique } = get();
    const name = unique();
    await engine.createVolume({ name, labels: { [label.key]: label.value } });
    return name;
  };
  const mount = (name: string, target: string, readOnly = false): MountSpec[] => [
    { type: "volume", volume: name, target, readOnly },
  ];

  describe("archives", () => {
    test("what is put can be got, from a container that never ran", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.putArchive(id, "/", once(packTar({ "put.txt": "content" })));
      const files = await unpackTar(await engine.getArchive(id, "/put.txt"));
      assert.deepEqual(
        [...files].map(([path, data]) => [path, Buffer.from(data).toString()]),
        [["/put.txt", "content"]],
      );
    });

    test("a path or a container that is not there is not_found", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await assert.rejects(engine.getArchive(id, "/no/such/path"), isKind("not_found"));
      await assert.rejects(engine.putArchive(id, "/no/such/path", once(packTar({ a: "a" }))), isKind("not_found"));
      await assert.rejects(engine.getArchive("hafen-conformance-absent", "/"), isKind("not_found"));
    });

    test("a path says what it is, and a file never replaces a directory", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.putArchive(id, "/", once(packTar({ "d/f": "content" })));
      const [file, directory] = [await engine.statPath(id, "/d/f"), await engine.statPath(id, "/d")];
      assert.deepEqual([file?.type, file?.sizeBytes, file?.mode, directory?.type], ["file", 7, 0o644, "directory"]);
      assert.ok(!Number.isNaN(Date.parse(file?.modifiedAt ?? "")));
      assert.equal(await engine.statPath(id, "/d/none"), undefined);
      assert.equal(await engine.statPath("hafen-conformance-absent", "/"), undefined);
      await assert.rejects(engine.putArchive(id, "/", once(packTar({ d: "a file" }))), isKind("invalid"));
      assert.equal((await engine.statPath(id, "/d/f"))?.type, "file");
    });

    test("an archive that nobody reads is let go when it is aborted", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.putArchive(id, "/", once(packTar({ large: "x".repeat(16 * 1024 * 1024) })));
      const leaving = new AbortController();
      await engine.getArchive(id, "/large", { signal: leaving.signal });
      leaving.abort();
      // Which waits for the container as long as it is read.
      assert.ok(await engine.inspectContainer(id));
    });

    test("a source that breaks surfaces as itself", async () => {
      const { engine, create } = get();
      const broken = new Error("the client went away");
      async function* source() {
        yield packTar({ a: "a" }).subarray(0, 512);
        throw broken;
      }
      await assert.rejects(engine.putArchive(await create([["sleep"]]), "/", source()), (error) => error === broken);
    });
  });

  describe("volumes", () => {
    test("are made once, listed by label, and absent is success to remove", async () => {
      const { engine, unique } = get();
      const spec = { name: unique(), labels: { [get().label.key]: get().label.value, own: unique() } };
      await engine.createVolume(spec);
      await engine.createVolume(spec);
      const found = await engine.inspectVolume(spec.name);
      assert.deepEqual([found?.name, found?.labels], [spec.name, spec.labels]);
      assert.ok(!Number.isNaN(Date.parse(found?.createdAt ?? "")));
      assert.deepEqual(
        (await engine.listVolumes({ key: "own", value: spec.labels.own })).map(({ name }) => name),
        [spec.name],
      );
      await engine.removeVolume(spec.name);
      await engine.removeVolume(spec.name);
      assert.equal(await engine.inspectVolume(spec.name), undefined);
    });

    test("outlive their containers, and cannot be removed under one", async () => {
      const { engine, run } = get();
      const name = await volume();
      const writer = await run([["write", "/data/f", "kept"]], { mounts: mount(name, "/data") });
      await assert.rejects(engine.removeVolume(name), isKind("conflict"));
      await engine.removeContainer(writer);
      const reader = await run([["read", "/data/f"]], { mounts: mount(name, "/data", true) });
      assert.equal(textOf(await collect(engine.logs(reader, { follow: false }))), "kept");
      const info = await engine.inspectContainer(reader);
      assert.deepEqual(
        info?.mounts.filter(({ target }) => target === "/data"),
        [{ volume: name, target: "/data", readOnly: true }],
      );
      await engine.removeContainer(reader);
      await engine.removeVolume(name);
    });

    test("that are read-only refuse a write", async () => {
      const { engine, run } = get();
      const id = await run(
        [
          ["write", "/data/f", "x"],
          ["exit", 0],
        ],
        { mounts: mount(await volume(), "/data", true) },
      );
      const printed = textOf(await collect(engine.logs(id, { follow: false })), "stderr");
      assert.match(printed, /Read-only file system/);
    });

    test("that are empty are filled from the image, once", async () => {
      const { engine, build, base, run } = get();
      const built = (await build({ Dockerfile: `FROM ${base}\nCOPY f /data/f\n`, f: "from the image" })).at(-1);
      assert.ok(built?.type === "image");
      const name = await volume();
      const mounts = mount(name, "/data");
      const first = await run(
        [
          ["read", "/data/f"],
          ["write", "/data/f", "changed"],
        ],
        { imageId: built.imageId, mounts },
      );
      assert.equal(textOf(await collect(engine.logs(first, { follow: false }))), "from the image");
      const second = await run([["read", "/data/f"]], { imageId: built.imageId, mounts });
      assert.equal(textOf(await collect(engine.logs(second, { follow: false }))), "changed");
      const [kept] = mount(await volume(), "/data");
      assert.ok(kept?.type === "volume");
      const third = await run([["read", "/data/f"]], {
        imageId: built.imageId,
        mounts: [{ ...kept, fromImage: false }],
      });
      assert.equal(textOf(await collect(engine.logs(third, { follow: false })), "stdout"), "", "unless told not to be");
      // The images go before the containers do otherwise, and one that is used stays.
      for (const id of [first, second, third]) await engine.removeContainer(id);
    });
  });
}
