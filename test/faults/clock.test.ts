import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { assertConverges, eventually, startWorld, Workload } from "../support/index.ts";

/** Debian's package `faketime`; the monotonic clock stays as it is, as when somebody sets a machine's time. */
const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const shifted = (by: string) => ({ LD_PRELOAD: LIBRARY, FAKETIME: by, FAKETIME_DONT_FAKE_MONOTONIC: "1" });

test("F32 with a worker an hour ahead and an api an hour behind nothing expires that should not, and what should does", async () => {
  assert.ok(existsSync(LIBRARY), "the package faketime is installed");
  await using world = await startWorld();
  const work = new Workload(world);
  const before = await work.running({ ttlSeconds: 600, idleTimeoutSeconds: 600 });
  const key = await world.admin.keys.create({
    name: "soon",
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
  });
  await Promise.all([world.worker.stop(), world.api.stop()]);
  await Promise.all([world.worker.start(shifted("+3600")), world.api.start(shifted("-3600"))]);

  const passing = await work.running({ ttlSeconds: 2 });
  await eventually("it is past its time to live", async () => (await work.state(passing.id)) === "exited");
  assert.equal((await world.admin.containers.get(passing.id)).termination?.cause, "ttl");
  const stubborn = await work.running({ command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] });
  const stopped = await world.admin.containers.stop(stubborn.id, { graceSeconds: 1 }, { waitSeconds: 30 });
  assert.equal(stopped.termination?.cause, "stopped");
  const build = await work.runningBuild("skewed", 1);
  await eventually("it is built", async () => (await work.build(build.id)).state === "succeeded");

  const second = world.anotherWorker();
  const ready = second.start(shifted("-3600"));
  await work.running();
  assert.doesNotMatch(second.output(), /"msg":"ready"/, "the lease holds, whatever either clock says");
  await world.worker.stop();
  await ready;
  await work.running();
  assert.equal(await work.state(before.id), "running");
  const answer = await fetch(`${world.url}/v1/me`, { headers: { authorization: `Bearer ${key.apiKey}` } });
  assert.equal(answer.status, 200);
  await assertConverges(world);
});
