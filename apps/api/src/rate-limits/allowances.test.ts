import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CountInWindow } from "@hafen/queue";
import { openAllowances } from "./allowances.ts";
import { networkOf } from "./network-of.ts";

const HOUR = 3_600;
const quiet = { failed: () => {}, answers: () => {} };

/** A store as Redis and Postgres are one, of one window. */
function openStore() {
  const counts = new Map<string, number>();
  let calls = 0;
  const count: CountInWindow = async (key, by, windowMs) => {
    calls++;
    await new Promise(setImmediate);
    counts.set(key, (counts.get(key) ?? 0) + by);
    return { count: counts.get(key) ?? 0, leftMs: windowMs };
  };
  return { count, calls: () => calls };
}

describe("an allowance", () => {
  test("is given out to the last and no further, over several processes that ask at once", async () => {
    const store = openStore();
    const processes = Array.from({ length: 3 }, () =>
      openAllowances({ requests: 1000, seconds: HOUR }, store.count, quiet),
    );
    const taken = await Promise.all(
      processes.flatMap((allowances) => Array.from({ length: 1200 }, () => allowances.take("a"))),
    );
    assert.equal(taken.filter(({ allowed }) => allowed).length, 1000);
    assert.ok(store.calls() <= 110, `${store.calls()} calls for 3,600 requests`);
    assert.equal((await processes[0]?.take("b"))?.allowed, true);
  });

  test("of a few is counted one by one", async () => {
    const store = openStore();
    const [one, other] = [1, 2].map(() => openAllowances({ requests: 3, seconds: HOUR }, store.count, quiet));
    const taken = [await one?.take("a"), await other?.take("a"), await one?.take("a"), await other?.take("a")];
    assert.deepEqual(
      taken.map((each) => [each?.allowed, each?.remaining]),
      [
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
      ],
    );
  });

  test("is counted by each process alone while the store does not answer, and that is said once", async () => {
    const said: string[] = [];
    const watch = { failed: () => said.push("failed"), answers: () => said.push("answers") };
    for (const count of [() => Promise.reject(new Error("gone")), () => new Promise<never>(() => {})]) {
      said.length = 0;
      const allowances = openAllowances({ requests: 3, seconds: HOUR }, count, watch);
      const taken = [];
      for (const key of ["a", "a", "b", "a", "a", "b"]) taken.push((await allowances.take(key)).allowed);
      assert.deepEqual(taken, [true, true, true, true, false, true]);
      assert.deepEqual(said, ["failed"]);
    }
  });
});

test("one client's network is an address of IPv4 and a /64 of IPv6", () => {
  assert.equal(networkOf("203.0.113.7"), "203.0.113.7");
  assert.equal(networkOf("2001:db8::1"), networkOf("2001:db8:0:0:ffff::2"));
  assert.notEqual(networkOf("2001:db8::1"), networkOf("2001:db8:0:1::1"));
});
