import assert from "node:assert/strict";
import { test } from "node:test";
import { LABELS, Transfers, type HostCtx } from "@hafen/core";
import { openDatabase } from "@hafen/db";
import { openMemory } from "@hafen/engine";
import { openLog } from "@hafen/process";
import { followEngine } from "./engine-events.ts";

const SPEC = {
  entrypoint: undefined,
  command: ["exit", "0"],
  env: [],
  hostname: "h",
  tty: false,
  openStdin: false,
  mounts: [],
  limits: { cpus: 1, memoryBytes: 2 ** 26, pids: 10 },
  network: "none" as const,
  isolation: { capabilities: [], readOnlyRoot: false },
  log: { maxBytes: 1, files: 1 },
  shmBytes: 1,
  openFiles: 1,
};

test("events that cannot be noted are skipped: none of them is told again for ever", async () => {
  const engine = openMemory();
  const nowhere = openDatabase("postgres://nobody@127.0.0.1:1/none", { connections: 1 });
  const watching = new AbortController();
  const log = openLog("test", "silent");
  const skipped: unknown[] = [];
  const done = Promise.withResolvers<void>();
  log.warn = (fields: { action?: string }) => {
    skipped.push(fields.action);
    if (skipped.length === 2) done.resolve();
  };
  const ctx: HostCtx = {
    db: nowhere.db,
    jobs: { enqueue: async () => true },
    engine,
    hostId: "hst_1",
    cgroupRoot: "/none",
    filesBytes: 1,
    imageBytes: 1,
    cloneBytes: 1,
    registries: { allowed: new Set() },
    secretKeys: undefined,
    transfers: new Transfers(),
  };
  const actions = { nudge: () => assert.fail("nobody is known"), reconnected: () => assert.fail("the stream broke") };
  const following = followEngine(ctx, log, actions, watching.signal);

  const imageId = await engine.importImage(emptyTar(), { changes: [] });
  const labels = { [LABELS.host]: "hst_1", [LABELS.id]: "ctr_1" };
  const id = await engine.createContainer({ ...SPEC, name: "ctr_1", imageId, labels });
  await engine.startContainer(id);
  await engine.stopContainer(id, { graceSeconds: 0 });
  await engine.removeContainer(id);
  await done.promise;
  watching.abort();
  await following;
  await nowhere.close();
  assert.deepEqual(skipped, ["die", "destroy"]);
});

async function* emptyTar() {
  yield new Uint8Array(1024);
}
