import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Openings, type TimedOpening } from "./openings.ts";

const of = (address: string, ttlSeconds = 60) => ({ address, port: 443, ttlSeconds });

/** Its packet filter keeps what it was told, call by call, and answers when it is told to. */
function start() {
  const calls: (readonly TimedOpening[])[] = [];
  let release: () => void = () => {};
  const openings = new Openings(async (batch) => {
    calls.push(batch);
    await new Promise<void>((resolve) => (release = resolve));
  });
  return { calls, openings, answer: () => release() };
}

describe("what names have opened", () => {
  test("an address that is open long enough is not asked for again", async () => {
    const calls: (readonly TimedOpening[])[] = [];
    const openings = new Openings(async (batch) => void calls.push(batch));
    await openings.open("ctr_a", [of("192.0.2.1")]);
    await openings.open("ctr_a", [of("192.0.2.1")]);
    assert.deepEqual(calls, [[{ id: "ctr_a", address: "192.0.2.1", port: 443, seconds: 120 }]]);
    await openings.open("ctr_a", [of("192.0.2.1", 3_600)]);
    await openings.open("ctr_b", [of("192.0.2.1")]);
    assert.equal(calls.length, 3);
  });

  test("what comes while the packet filter is asked goes together in the next call", async () => {
    const { calls, openings, answer } = start();
    const first = openings.open("ctr_a", [of("192.0.2.1")]);
    await new Promise(setImmediate);
    const more = Promise.all([openings.open("ctr_a", [of("192.0.2.2")]), openings.open("ctr_b", [of("192.0.2.3")])]);
    answer();
    await first;
    await new Promise(setImmediate);
    answer();
    await more;
    assert.deepEqual(
      calls.map((batch) => batch.map(({ address }) => address)),
      [["192.0.2.1"], ["192.0.2.2", "192.0.2.3"]],
    );
  });

  test("one container's names open a bounded number of addresses, and nothing of another's is lost", async () => {
    const openings = new Openings(async () => {});
    for (let n = 0; n < 1_000; n += 50)
      await openings.open(
        "ctr_a",
        Array.from({ length: 50 }, (_, i) => of(`192.0.${Math.floor((n + i) / 256)}.${(n + i) % 256}`)),
      );
    await assert.rejects(openings.open("ctr_a", [of("198.51.100.1")]), /1000 addresses/);
    await openings.open("ctr_b", [of("198.51.100.1")]);
  });

  test("what was refused by the packet filter is not taken for open", async () => {
    let fails = true;
    let calls = 0;
    const openings = new Openings(async () => {
      calls++;
      if (fails) throw new Error("no");
    });
    await assert.rejects(openings.open("ctr_a", [of("192.0.2.1")]));
    fails = false;
    await openings.open("ctr_a", [of("192.0.2.1")]);
    await openings.again();
    assert.equal(calls, 3);
  });
});
