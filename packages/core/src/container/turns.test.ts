import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "./turns.ts";

const unexpected = (_: string, error: unknown) => assert.fail(String(error));

/** Work that is under way until it is told to end or interrupted. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  const work = (signal: AbortSignal) => {
    begun += 1;
    const { promise: aborted, reject } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => reject(signal.reason));
    return Promise.race([promise, aborted]);
  };
  return { work, end: resolve, begun: () => begun };
}

test("work for one id never runs twice at a time, and nudges that come meanwhile are one more run that none of them waits for", async () => {
  const turns = new Turns(unexpected);
  const { work, end, begun } = held();
  const first = turns.run("a", 1, work);
  await turns.run("a", 1, work);
  await turns.run("a", 0, work);
  assert.equal(begun(), 1);
  end();
  await first;
  await turns.idle();
  assert.equal(begun(), 2);
});

test("a newer generation interrupts what is under way and runs", async () => {
  const turns = new Turns(unexpected);
  const stop = held();
  const first = turns.run("a", 1, stop.work);
  const kill = held();
  kill.end();
  await turns.run("a", 2, kill.work);
  await first;
  await turns.idle();
  assert.deepEqual([stop.begun(), kill.begun()], [1, 1]);
});

test("what follows an interrupted run is interrupted by nothing older", async () => {
  const turns = new Turns(unexpected);
  const first = held();
  const running = turns.run("a", 1, first.work);
  const second = held();
  await turns.run("a", 3, second.work);
  await running;
  await turns.run("a", 2, second.work);
  second.end();
  await turns.idle();
  assert.equal(second.begun(), 2);
});

test("work for another id does not wait", async () => {
  const turns = new Turns(unexpected);
  const slow = held();
  void turns.run("a", 1, slow.work);
  await turns.run("b", 1, async () => {});
  slow.end();
  await turns.idle();
});

test("a job is let go while its work goes on", async () => {
  const turns = new Turns(unexpected, 1);
  const slow = held();
  await turns.run("a", 1, slow.work);
  assert.equal(slow.begun(), 1);
  slow.end();
  await turns.idle();
});

test("a failure is reported, not thrown, and the next nudge runs", async () => {
  const failed: string[] = [];
  const turns = new Turns((id, error) => void failed.push(`${id}: ${String(error)}`));
  await turns.run("a", 1, async () => Promise.reject(new Error("no")));
  const next = held();
  next.end();
  await turns.run("a", 1, next.work);
  assert.deepEqual([failed, next.begun()], [["a: Error: no"], 1]);
});

test("a close interrupts what is under way, waits for it, and nothing is begun after it", async () => {
  const turns = new Turns(unexpected);
  const stop = held();
  const first = turns.run("a", 1, stop.work);
  const next = held();
  await turns.run("a", 1, next.work);
  await turns.close();
  await first;
  await turns.run("b", 1, next.work);
  assert.deepEqual([stop.begun(), next.begun()], [1, 0]);
});
