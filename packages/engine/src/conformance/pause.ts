import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isKind, type Subject } from "./subject.ts";

const ABSENT = "hafen-conformance-absent";
const LIMITS = { cpus: 0.5, memoryBytes: 128 * 1024 ** 2, pids: 32 };

export function pauseTests(get: () => Subject): void {
  describe("pause and limits", () => {
    test("a paused container says so, takes no exec, and runs on; both may be repeated", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.startContainer(id);
      const started = (await engine.inspectContainer(id))?.startedAt;
      await engine.pauseContainer(id);
      await engine.pauseContainer(id);
      assert.equal((await engine.inspectContainer(id))?.state, "paused");
      const command = { command: ["x"], env: [], tty: false, stdin: false };
      await assert.rejects(engine.exec(id, command), isKind("conflict"));
      await engine.unpauseContainer(id);
      await engine.unpauseContainer(id);
      const now = await engine.inspectContainer(id);
      assert.deepEqual([now?.state, now?.startedAt], ["running", started]);
    });

    test("a paused container can be stopped and removed", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.startContainer(id);
      await engine.pauseContainer(id);
      await engine.stopContainer(id, { graceSeconds: 1 });
      assert.equal((await engine.inspectContainer(id))?.state, "exited");
      await engine.startContainer(id);
      await engine.pauseContainer(id);
      await engine.removeContainer(id);
      assert.equal(await engine.inspectContainer(id), undefined);
    });

    test("what does not run can be neither paused nor unpaused, what is absent not found", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await assert.rejects(engine.pauseContainer(id), isKind("conflict"));
      await assert.rejects(engine.unpauseContainer(id), isKind("conflict"));
      await assert.rejects(engine.pauseContainer(ABSENT), isKind("not_found"));
      await assert.rejects(engine.unpauseContainer(ABSENT), isKind("not_found"));
      await assert.rejects(engine.updateContainer(ABSENT, LIMITS), isKind("not_found"));
    });

    test("limits change while it runs and while it does not", async () => {
      const { engine, create } = get();
      const id = await create([["sleep"]]);
      await engine.updateContainer(id, LIMITS);
      await engine.startContainer(id);
      await engine.updateContainer(id, { ...LIMITS, memoryBytes: 96 * 1024 ** 2 });
      assert.equal((await engine.inspectContainer(id))?.state, "running");
    });
  });
}
