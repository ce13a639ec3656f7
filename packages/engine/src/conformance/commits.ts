import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CommitOptions } from "../engine.ts";
import { collect, isKind, textOf, type Subject } from "./subject.ts";
import { once } from "../tar.ts";

export function commitTests(get: () => Subject): void {
  const options = (more: Partial<CommitOptions> = {}): CommitOptions => ({
    tag: `${get().prefix}commit:${get().unique()}`,
    pause: true,
    message: "",
    author: "",
    changes: [],
    withoutLabels: [],
    ...more,
  });
  const printed = async (imageId: string, path: string) => {
    const { engine, run, script } = get();
    const made = await run([], { imageId, command: script([["read", path]]) });
    return textOf(await collect(engine.logs(made, { follow: false })));
  };

  describe("commits", () => {
    test("an image has the files of its container, and what the image below had", async () => {
      const { engine, run, image } = get();
      const container = await run([["write", "/etc/kept", "kept"]]);
      const tag = options().tag;
      const id = await engine.commitContainer(container, options({ tag, message: "a message" }));
      assert.equal((await engine.inspectImage(tag))?.id, id);
      assert.equal(await printed(id, "/etc/kept"), "kept");
      const [below, made] = [await engine.inspectImage(image), await engine.inspectImage(id)];
      assert.deepEqual(made?.diffIds.slice(0, below?.diffIds.length), below?.diffIds);
      assert.equal(made?.diffIds.length, (below?.diffIds.length ?? 0) + 1);
      const history = await engine.imageHistory(id);
      assert.equal(history.filter(({ layer }) => layer).length, made?.diffIds.length);
      assert.equal(history[0]?.layer, true);
    });

    test("its configuration is the container's with the changes, and without what the caller added", async () => {
      const { engine, create } = get();
      const container = await create([["sleep"]], {
        env: ["FROM_CONTAINER=1"],
        workingDir: "/etc",
        labels: { "hafen.conformance": get().label.value, mine: "1", theirs: "2" },
      });
      const changes = ['CMD ["changed","it"]', "ENV CHANGED=1", "EXPOSE 80/tcp", "LABEL added=3"];
      const id = await engine.commitContainer(
        container,
        options({ changes, stopSignal: "SIGINT", withoutLabels: ["mine", "hafen.conformance"] }),
      );
      const { config } = (await engine.inspectImage(id)) ?? assert.fail();
      assert.deepEqual(config.labels, { theirs: "2", added: "3" });
      assert.deepEqual([config.command, config.workingDir, config.stopSignal], [["changed", "it"], "/etc", "SIGINT"]);
      assert.ok(config.env.includes("FROM_CONTAINER=1") && config.env.includes("CHANGED=1"), String(config.env));
      assert.deepEqual([config.exposedPorts, config.healthcheck], [["80/tcp"], undefined]);
    });

    test("a running container goes on, paused meanwhile or not", async () => {
      const { engine, create } = get();
      const container = await create([["sleep"]]);
      await engine.startContainer(container);
      for (const pause of [true, false]) {
        await engine.commitContainer(container, options({ pause }));
        assert.equal((await engine.inspectContainer(container))?.state, "running");
      }
    });

    test("leave no other tag, may be repeated, and need a container", async () => {
      const { engine, create, prefix } = get();
      const container = await create([["sleep"]]);
      const tag = options().tag;
      await engine.commitContainer(container, options({ tag }));
      await engine.commitContainer(container, options({ tag }));
      assert.deepEqual((await engine.listTags(`${prefix}commit`)).filter((held) => held.tag.startsWith(tag)).length, 1);
      await assert.rejects(engine.commitContainer(`absent-${get().unique()}`, options()), isKind("not_found"));
    });

    test("a saved archive is loaded with all that is in the image", async () => {
      const { engine, run, prefix } = get();
      const container = await run([["write", "/etc/saved", "saved"]]);
      const id = await engine.commitContainer(container, options());
      const pieces = await collect(await engine.saveImage(id));
      const [loaded = ""] = await engine.loadImages(once(...pieces));
      await engine.tagImage(loaded, `${prefix}loaded-again:1`);
      assert.equal(await printed(loaded, "/etc/saved"), "saved");
      await assert.rejects(engine.saveImage(`sha256:${"3".repeat(64)}`).then(collect), isKind("not_found"));
    });
  });
}
