import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemory } from "@hafen/engine";
import { walkedWithin } from "./walk.ts";

const walksOf = ({ calls }: ReturnType<typeof openMemory>) => calls.filter(({ name }) => name === "diskUsage").length;

test("all who ask get one walk, while it is under way and for a while after", async () => {
  const engine = openMemory();
  await engine.createVolume({ name: "vol_1", labels: {} });
  const answers = await Promise.all(Array.from({ length: 50 }, () => walkedWithin(engine)));
  assert.equal(walksOf(engine), 1);
  for (const answer of answers) assert.equal(answer.volumes.get("vol_1"), 0);
  await walkedWithin(engine);
  assert.equal(walksOf(engine), 1);
  await walkedWithin(engine, 0);
  assert.equal(walksOf(engine), 2, "one who wants it newer gets another");
});

test("a walk that failed is nobody's answer afterwards", async () => {
  const engine = openMemory();
  engine.fail("diskUsage", "unavailable");
  const [first, second] = [walkedWithin(engine), walkedWithin(engine)];
  await assert.rejects(first, { kind: "unavailable" });
  await assert.rejects(second, { kind: "unavailable" });
  assert.equal((await walkedWithin(engine)).volumes.size, 0);
});
