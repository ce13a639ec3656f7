import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ProblemError } from "@hafen/contract";
import { Transfers } from "./transfers.ts";
import { unstalled } from "./unstalled.ts";

const never = new AbortController().signal;

test("an interruption ends every transfer of its subject, and no other, with why", () => {
  const transfers = new Transfers();
  using a = transfers.begin("ctr_a", never);
  using b = transfers.begin("ctr_a", never);
  using other = transfers.begin("ctr_b", never);
  transfers.interrupt("ctr_a");
  assert.deepEqual([a.signal.aborted, b.signal.aborted, other.signal.aborted], [true, true, false]);
  assert.ok(a.signal.reason instanceof ProblemError);
  assert.equal(a.signal.reason.code, "files_interrupted");
});

test("a subject is busy until its last transfer has ended, and interrupting nothing is nothing", () => {
  const transfers = new Transfers();
  const [a, b] = [transfers.begin("ctr_a", never), transfers.begin("ctr_a", never)];
  a[Symbol.dispose]();
  a[Symbol.dispose]();
  assert.ok(transfers.isBusy("ctr_a"));
  b[Symbol.dispose]();
  assert.ok(!transfers.isBusy("ctr_a"));
  transfers.interrupt("ctr_a");
});

test("what a transfer has opened and nobody reads is let go at its end", () => {
  const transfers = new Transfers();
  const transfer = transfers.begin("ctr_a", never);
  transfer[Symbol.dispose]();
  assert.ok(transfer.signal.aborted);
});

test("one that is to be alone waits for those before it, in their order, and leaves when it is not wanted", async () => {
  const transfers = new Transfers();
  const order: string[] = [];
  const first = await transfers.beginAlone("ctr_a", never);
  const second = transfers.beginAlone("ctr_a", never).then((transfer) => (order.push("second"), transfer));
  const leaving = new AbortController();
  const third = transfers.beginAlone("ctr_a", leaving.signal);
  const fourth = transfers.beginAlone("ctr_a", never).then((transfer) => (order.push("fourth"), transfer));
  await setImmediate();
  assert.deepEqual(order, []);
  leaving.abort(new Error("left"));
  await assert.rejects(third, /left/);
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  (await fourth)[Symbol.dispose]();
  assert.deepEqual(order, ["second", "fourth"]);
  assert.ok(!transfers.isBusy("ctr_a"));
});

test("an upload whose next piece does not come breaks, and its source is told", async () => {
  let told = false;
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      const pieces = [Uint8Array.of(1)];
      return {
        next: async () => {
          const value = pieces.shift();
          return value ? { done: false, value } : new Promise<never>(() => {});
        },
        return: async () => ((told = true), { done: true, value: undefined }),
      };
    },
  };
  const read: Uint8Array[] = [];
  const reading = (async () => {
    for await (const piece of unstalled(source, 10)) read.push(piece);
  })();
  await assert.rejects(reading, { code: "files_stalled" });
  assert.deepEqual([read.length, told], [1, true]);
});

test("quiet once those under way have ended; one that begins later does not count; no later than it was given", async () => {
  const transfers = new Transfers();
  assert.equal(await transfers.quiet("ctr_a", 60_000), true);
  const first = transfers.begin("ctr_a", never);
  const waiting = transfers.quiet("ctr_a", 60_000);
  using _ = transfers.begin("ctr_a", never);
  first[Symbol.dispose]();
  assert.equal(await waiting, true);
  assert.equal(await transfers.quiet("ctr_a", 1), false);
  assert.equal(await transfers.quiet("ctr_a", 60_000, AbortSignal.abort()), false);
});
