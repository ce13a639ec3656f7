import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, isKind, openSubject, type Opened, type Step } from "../conformance/subject.ts";
import { engineConformance } from "../conformance/suite.ts";
import { once, packTar } from "../tar.ts";
import { openMemory } from "./driver.ts";

async function open(): Promise<Opened & { engine: ReturnType<typeof openMemory> }> {
  const login = { username: "alice", password: "secret" };
  const engine = openMemory({ "open.test": {}, "guarded.test": { login } });
  const image = await engine.importImage(once(packTar({ "etc/passwd": "root:x:0:0::/:" })), {
    changes: ['CMD ["sleep"]'],
  });
  const registries = { open: "open.test", guarded: "guarded.test", login, absent: "absent.test" };
  return { engine, image, script, registries, close: () => engine.close() };
}

function script(steps: Step[]): string[] {
  return steps.flatMap((step) => [";", ...step.map(String)]).slice(1);
}

engineConformance("memory", open);

test("a planned failure hits the next call of its name, once", async () => {
  const { engine } = await open();
  engine.fail("info", "unavailable");
  engine.fail("logs", "unavailable");
  await assert.rejects(engine.info(), isKind("unavailable"));
  assert.equal((await engine.info()).id, "memory");
  await assert.rejects(engine.logs("x", { follow: false })[Symbol.asyncIterator]().next(), isKind("unavailable"));
  assert.deepEqual(
    engine.calls.map(({ name }) => name),
    ["importImage", "info", "info", "logs"],
  );
});

test("a container can be made to die, for memory too, and to vanish", async () => {
  const opened = await open();
  const { engine, create } = await openSubject(async () => opened);
  const [dying, vanishing] = [await create([["sleep"]]), await create([["sleep"]])];
  await engine.startContainer(dying);
  await opened.engine.die(dying, 137, { oom: true });
  await ended(engine, dying);
  const died = await engine.inspectContainer(dying);
  assert.deepEqual([died?.state, died?.exitCode, died?.oomKilled], ["exited", 137, true]);
  opened.engine.vanish(vanishing);
  assert.equal(await engine.inspectContainer(vanishing), undefined);
});
