import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { containerById, type ContainerRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import {
  convergeContainer,
  createContainer,
  noteEngineEvent,
  pauseContainer,
  reconcile,
  stopContainer,
  updateContainer,
  type HostCtx,
} from "@hafen/core";
import { eventually, startMemoryHost, type MemoryHost } from "../support/index.ts";

let memory: MemoryHost;
let host: HostCtx;
before(async () => {
  memory = await startMemoryHost("refused");
  host = memory.host;
});
after(() => memory[Symbol.asyncDispose]());

const FAILURES = 5;
const rowOf = async (id: string): Promise<ContainerRow> =>
  (await containerById(host.db, id)) ?? assert.fail("the row is lost");
const engineState = async (id: string) => (await memory.engine.inspectContainer(id))?.state;
const created = async (command?: string[]) =>
  (await createContainer(memory.ctx, { image: memory.image, ...(command ? { command } : {}) })).id;
async function running(command?: string[]): Promise<string> {
  const id = await created(command);
  await convergeContainer(host, id);
  return id;
}
/** The engine answers, and fails this call so often. */
async function failing(id: string, call: Parameters<typeof memory.engine.fail>[0], times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    memory.engine.fail(call, "unavailable");
    await convergeContainer(host, id).catch((error: unknown) => assert.ok(error instanceof EngineError, String(error)));
  }
}

describe("what the engine fails over and over makes no container `failed` whose process runs", () => {
  test("a stop is tried until it succeeds", async () => {
    const id = await running();
    await stopContainer(memory.ctx, { ref: id }, { graceSeconds: 0 });
    await failing(id, "stopContainer", FAILURES + 1);
    assert.deepEqual([(await rowOf(id)).state, await engineState(id)], ["running", "running"]);
    await convergeContainer(host, id);
    assert.deepEqual([(await rowOf(id)).state, await engineState(id)], ["exited", "exited"]);
  });

  test("a pause is given up: it runs, and that is what is wanted", async () => {
    const id = await running();
    await pauseContainer(memory.ctx, { ref: id });
    await failing(id, "pauseContainer", FAILURES);
    const { state, desired, failures } = await rowOf(id);
    assert.deepEqual({ state, desired, failures }, { state: "running", desired: "running", failures: 0 });
  });

  test("limits are refused: those of before hold", async () => {
    const id = await running();
    const { limits } = await rowOf(id);
    await updateContainer(memory.ctx, { ref: id }, { limits: { pids: 99 } });
    await failing(id, "updateContainer", FAILURES);
    const now = await rowOf(id);
    assert.deepEqual([now.state, now.limits, now.pendingLimits], ["running", limits, null]);
    assert.match(now.limitsRefused ?? "", /engine failed/);
  });

  test("a look at it is tried again", async () => {
    const id = await running();
    await failing(id, "inspectContainer", FAILURES + 1);
    assert.equal((await rowOf(id)).state, "running");
  });

  test("one that failed and runs all the same, since the answer to its start was lost, is found and stopped", async () => {
    const id = await created();
    await failing(id, "startContainer", FAILURES);
    assert.equal((await rowOf(id)).state, "failed");
    await memory.engine.startContainer(id);
    assert.ok((await reconcile(host)).converge.some((row) => row.id === id));
    await convergeContainer(host, id);
    assert.deepEqual([(await rowOf(id)).state, await engineState(id)], ["failed", "exited"]);
    assert.ok((await reconcile(host)).converge.every((row) => row.id !== id));
  });
});

test("F21 a container for whose network the engine has no addresses waits for some, and fails with the engine's words if there are none", async () => {
  const waits = await created();
  await failing(waits, "createNetwork", FAILURES - 1);
  assert.equal((await rowOf(waits)).state, "pending");
  await convergeContainer(host, waits);
  assert.equal((await rowOf(waits)).state, "running");
  const never = await created();
  await failing(never, "createNetwork", FAILURES);
  const { state, failure } = await rowOf(never);
  assert.deepEqual([state, failure?.code], ["failed", "engine_failed"]);
});

test("an engine's words are stored, whatever character they end in the middle of", async () => {
  const id = await created();
  const startContainer = async () => {
    throw new EngineError("invalid", `start: no user ${"\u{1f98a}".slice(0, 1)}\0`);
  };
  await convergeContainer({ ...host, engine: { ...memory.engine, startContainer } }, id);
  const { state, failure } = await rowOf(id);
  assert.deepEqual([state, failure?.detail], ["failed", "start: no user \uFFFD\uFFFD"]);
});

test("a stop that is begun again, since something was asked meanwhile, takes no longer", async () => {
  const id = await running(["ignore-term", ";", "sleep"]);
  await stopContainer(memory.ctx, { ref: id }, { graceSeconds: 300, signal: "SIGTERM" });
  const newer = new AbortController();
  const stopping = convergeContainer(host, id, newer.signal);
  stopping.catch(() => {});
  await eventually("the signal is sent", async () => {
    const { engineId } = await rowOf(id);
    return memory.engine.calls.some(({ name, args }) => name === "stopContainer" && args[0] === engineId);
  });
  await updateContainer(memory.ctx, { ref: id }, { name: "renamed" });
  newer.abort();
  await assert.rejects(stopping);
  await memory.database.sql`
    update containers set stop_request = jsonb_set(stop_request, '{killAt}', to_jsonb('2026-01-01T00:00:00Z'::text)) where id = ${id}`;
  await convergeContainer(host, id);
  const { state, exitCode, stopRequest } = await rowOf(id);
  assert.deepEqual([state, exitCode], ["exited", 137]);
  assert.equal(stopRequest?.killAt, undefined, "a start on the host is stopped with the whole grace period");
});

test("a kill for memory is noted of the container's own engine container alone", async () => {
  const id = await running();
  const { engineId } = await rowOf(id);
  const event = { action: "oom" as const, labels: { "hafen.id": id }, atMs: Date.now() };
  await noteEngineEvent(host, { ...event, containerId: "another" });
  assert.equal((await rowOf(id)).outOfMemoryAt, null);
  await noteEngineEvent(host, { ...event, containerId: engineId ?? "" });
  await noteEngineEvent(host, { ...event, containerId: engineId ?? "", atMs: event.atMs - 1000 });
  assert.equal((await rowOf(id)).outOfMemoryAt?.getTime(), event.atMs, "the latest");
});
