import assert from "node:assert/strict";
import { test } from "node:test";
import { assertConverges, eventually, openRelay, requireEnv, startWorld, Workload } from "../support/index.ts";

const SLOW_MS = 500;

test("F13 with an engine that answers each call late and breaks connections off, everything comes to its end, once", async () => {
  await using relay = await openRelay(new URL(requireEnv("HAFEN_TEST_ENGINE")).pathname);
  await using world = await startWorld({ env: { DOCKER_HOST: `unix://${relay.path}` } });
  const work = new Workload(world);
  const kept = await work.running();
  relay.delayMs = SLOW_MS;
  const slow = await Promise.all(Array.from({ length: 3 }, () => work.request()));
  await eventually("one is there", async () => (await work.state(slow[0]?.id ?? "")) !== "pending");
  const build = await world.admin.builds.createFromFiles(
    { dockerfile: "FROM busybox\nRUN echo one\nRUN echo two\n" },
    { tag: "slow" },
  );
  relay.delayMs = 0;
  for (let time = 0; time < 10; time++) {
    const before = await work.request();
    relay.cut();
    slow.push(before);
  }
  await assertConverges(world, {}, 60_000);
  for (const { id } of [kept, ...slow])
    assert.deepEqual([await work.state(id), await work.starts(id)], ["running", 1], id);
  const { state, images } = await work.build(build.id);
  assert.deepEqual({ state, images }, { state: "succeeded", images: 1 });
});

test("F13 an answer that breaks off in the middle of a frame is not taken for a whole one", async () => {
  await using relay = await openRelay(new URL(requireEnv("HAFEN_TEST_ENGINE")).pathname);
  await using world = await startWorld({ env: { DOCKER_HOST: `unix://${relay.path}` } });
  const work = new Workload(world);
  const { id } = await work.running();
  const command = ["sh", "-c", "seq 1 20000"];
  relay.cutAfterBytes = 10_000;
  await assert.rejects(
    world.admin.containers.exec(id, { command }, { idempotencyKey: "cut" }),
    (error: { code: string }) => ["host_unreachable", "outcome_unknown"].includes(error.code),
  );
  await assert.rejects(Array.fromAsync(world.admin.containers.export(id)));
  assert.ok(relay.cuts() >= 2, `${relay.cuts()} were cut`);
  relay.cutAfterBytes = undefined;
  const { stdout, truncated } = await world.admin.containers.exec(id, { command });
  assert.ok(!truncated && stdout.endsWith("\n20000\n"));
  await assertConverges(world);
});
