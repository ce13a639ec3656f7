import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Subject } from "./subject.ts";
import { once, packTar } from "../tar.ts";

export function usageTests(get: () => Subject): void {
  const volume = async () => {
    const { engine, label, unique } = get();
    const name = unique();
    await engine.createVolume({ name, labels: { [label.key]: label.value } });
    return name;
  };

  describe("disk usage", () => {
    test("counts what a container wrote apart from its image, and what a volume holds", async () => {
      const { engine, run, create } = get();
      const name = await volume();
      const writer = await run(
        [
          ["write", "/own.txt", "five!"],
          ["write", "/data/kept.txt", "in the volume"],
        ],
        { mounts: [{ type: "volume", volume: name, target: "/data", readOnly: false }] },
      );
      const fresh = await create([["sleep"]]);
      const { containers, volumes, images } = await engine.diskUsage();
      const size = await engine.containerSize(writer);
      const found = containers.find(({ id }) => id === writer);
      assert.deepEqual(found && { writableBytes: found.writableBytes, rootBytes: found.rootBytes }, size);
      assert.equal(found?.name, (await engine.inspectContainer(writer))?.name);
      assert.equal(size?.writableBytes, "five!".length);
      assert.deepEqual(volumes.find((other) => other.name === name)?.bytes, "in the volume".length);
      const unwritten = await engine.containerSize(fresh);
      assert.equal(unwritten?.writableBytes, 0);
      assert.equal(size.rootBytes - unwritten.rootBytes, "five!".length);
      const image = images.find(({ id }) => id === get().image);
      assert.ok(image);
      assert.equal(image.sizeBytes, (await engine.inspectImage(get().image))?.sizeBytes);
      assert.ok(image.sharedBytes <= image.sizeBytes);
      await engine.removeContainer(writer);
      await engine.removeContainer(fresh);
    });

    test("is told to everybody who asks at once", async () => {
      const { engine } = get();
      const name = await volume();
      const answers = await Promise.all(Array.from({ length: 5 }, () => engine.diskUsage()));
      for (const { volumes } of answers) assert.ok(volumes.some((found) => found.name === name));
    });

    test("of one who leaves goes on for the others", async () => {
      const { engine } = get();
      const leaving = new AbortController();
      const left = engine.diskUsage({ signal: leaving.signal }).catch(() => "left");
      const stays = engine.diskUsage();
      leaving.abort();
      await left;
      assert.ok((await stays).images.length > 0);
    });

    test("of a container that is not there is undefined", async () => {
      assert.equal(await get().engine.containerSize("hafen-conformance-absent"), undefined);
    });

    test("an empty volume is one without even an empty file", async () => {
      const { engine, create } = get();
      const name = await volume();
      assert.equal(await engine.isVolumeEmpty(name), true);
      const id = await create([["sleep"]], {
        mounts: [{ type: "volume", volume: name, target: "/data", readOnly: false }],
      });
      await engine.putArchive(id, "/", once(packTar({ "data/marker": "" })));
      await engine.removeContainer(id);
      assert.equal((await engine.diskUsage()).volumes.find((other) => other.name === name)?.bytes, 0);
      assert.equal(await engine.isVolumeEmpty(name), false);
      await engine.removeVolume(name);
      assert.equal(await engine.isVolumeEmpty(name), true, "absent");
    });
  });
}
