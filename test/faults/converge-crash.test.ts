import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { containerById, type ContainerRow, type Database } from "@hafen/db";
import type { MemoryEngine } from "@hafen/engine";
import {
  convergeContainer,
  createContainer,
  killContainer,
  removeContainer,
  restartContainer,
  startContainer,
  stopContainer,
  type Ctx,
  type HostCtx,
} from "@hafen/core";
import { Crash, dying, eventually, startMemoryHost, type MemoryHost } from "../support/index.ts";

let memory: MemoryHost;
let database: Database;
let engine: MemoryEngine;
let ctx: Ctx;
let host: HostCtx;
let IMAGE = "";
before(async () => {
  memory = await startMemoryHost("crash");
  ({ database, engine, ctx, host, image: IMAGE } = memory);
});
after(() => memory[Symbol.asyncDispose]());

interface Scenario {
  /** Brings a container to where the request is made, and makes it. */
  ask: () => Promise<string>;
  end: Partial<ContainerRow>;
  engineState: string | undefined;
}
const VOLUME = [{ type: "volume" as const, target: "/v" }];
const create = async (command?: string[], start = true) =>
  (await createContainer(ctx, { image: IMAGE, start, mounts: VOLUME, ...(command ? { command } : {}) })).id;
const settledOn = async (command?: string[], start?: boolean) => {
  const id = await create(command, start);
  await convergeContainer(host, id);
  return id;
};
const then =
  (request: (id: string) => Promise<unknown>, from = settledOn) =>
  async () => {
    const id = await from();
    await request(id);
    return id;
  };
const exited = async () => {
  const id = await settledOn();
  await killContainer(ctx, { ref: id });
  await convergeContainer(host, id);
  return id;
};
const SCENARIOS: Record<string, Scenario> = {
  "create and start": { ask: () => create(), end: { state: "running", desired: "running" }, engineState: "running" },
  "create without start": {
    ask: () => create(undefined, false),
    end: { state: "created", desired: "created" },
    engineState: "created",
  },
  "create of what ends at once": {
    ask: () => create(["exit", "3"]),
    end: { state: "exited", desired: "exited", exitCode: 3 },
    engineState: "exited",
  },
  stop: {
    ask: then((ref) => stopContainer(ctx, { ref }, { graceSeconds: 0 })),
    end: { state: "exited", desired: "exited" },
    engineState: "exited",
  },
  kill: {
    ask: then((ref) => killContainer(ctx, { ref })),
    end: { state: "exited", desired: "exited", exitCode: 137 },
    engineState: "exited",
  },
  "start again": {
    ask: then((ref) => startContainer(ctx, { ref }), exited),
    end: { state: "running", desired: "running", termination: null },
    engineState: "running",
  },
  restart: {
    ask: then((ref) => restartContainer(ctx, { ref }, { graceSeconds: 0 })),
    end: { state: "running", desired: "running" },
    engineState: "running",
  },
  "remove by force": {
    ask: then((ref) => removeContainer(ctx, { ref }, { force: true, volumes: true })),
    end: { state: "removed", desired: "removed" },
    engineState: undefined,
  },
  "remove what was never made": {
    ask: then((ref) => removeContainer(ctx, { ref }, { force: true, volumes: true }), create),
    end: { state: "removed" },
    engineState: undefined,
  },
};

async function observed(id: string, end: Partial<ContainerRow>): Promise<object> {
  const row = (await containerById(host.db, id)) ?? assert.fail("the row is lost");
  const seen = await engine.listContainers({ key: "hafen.id", value: id });
  assert.ok(seen.length <= 1, "one container in the engine at most");
  const events = await database.sql<
    { type: string }[]
  >`select type from events where subject = ${id} and type in ('container.started', 'container.removed') order by id`;
  return {
    row: Object.fromEntries(Object.keys(end).map((key) => [key, row[key as keyof ContainerRow]])),
    startDue: row.startDue,
    engine: seen[0]?.state,
    events: events.map(({ type }) => type),
  };
}
/** What ends by itself does so a moment after it was started; the engine's event would bring the row here again. */
async function settle(id: string): Promise<void> {
  await convergeContainer(host, id);
  await eventually("row and engine agree", async () => {
    const row = await containerById(host.db, id);
    const [seen] = await engine.listContainers({ key: "hafen.id", value: id });
    if (row?.state === (seen?.state ?? "removed")) return true;
    await convergeContainer(host, id);
    return false;
  });
}
const starts = (id: string) =>
  engine.calls.filter(({ name, args }) => name === "startContainer" && args[0] === id).length;

describe("a worker that dies at any point leaves a row that the next one brings to the same end", () => {
  for (const [what, { ask, end, engineState }] of Object.entries(SCENARIOS)) {
    test(what, async () => {
      const whole = await ask();
      await settle(whole);
      const expected = await observed(whole, end);
      assert.deepEqual(expected, { ...expected, row: end, startDue: false, engine: engineState });

      for (const when of ["before", "after"] as const) {
        for (let at = 0; ; at++) {
          const id = await ask();
          const first = dying(host, at, when);
          await convergeContainer(first.host, id).catch((error: unknown) =>
            assert.ok(error instanceof Crash, String(error)),
          );
          await settle(id);
          assert.deepEqual(await observed(id, end), expected, `died ${when} call ${at}`);
          if (!first.died()) break;
          assert.ok(at < 40, "the scenario ends");
        }
      }
    });
  }

  test("a process is started once for each start that was asked for", async () => {
    for (let at = 0; ; at++) {
      const id = await create();
      const first = dying(host, at, "after");
      await convergeContainer(first.host, id).catch(() => {});
      await convergeContainer(host, id);
      const row = await containerById(host.db, id);
      assert.equal(starts(row?.engineId ?? ""), 1, `died after call ${at}`);
      if (!first.died()) break;
    }
  });

  test("and one whose engine does not answer for a while converges once it does", async () => {
    const id = await create();
    for (const call of ["createVolume", "createContainer", "startContainer", "inspectContainer"] as const) {
      engine.fail(call, "unavailable");
      await assert.rejects(convergeContainer(host, id));
    }
    await convergeContainer(host, id);
    assert.equal((await containerById(host.db, id))?.state, "running");
  });
});

test("a converge that is interrupted for a newer request leaves the row to it", async () => {
  const id = await settledOn(["ignore-term", ";", "sleep"]);
  await stopContainer(ctx, { ref: id }, { graceSeconds: 300 });
  const abort = new AbortController();
  const stopping = convergeContainer(host, id, abort.signal);
  stopping.catch(() => {});
  await killContainer(ctx, { ref: id });
  abort.abort();
  await assert.rejects(stopping);
  await convergeContainer(host, id);
  const row = await containerById(host.db, id);
  assert.deepEqual([row?.state, row?.exitCode], ["exited", 137]);
});
