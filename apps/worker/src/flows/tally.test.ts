import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSets } from "./read-sets.ts";
import { movedBetween, sentOutside } from "./tally.ts";

const MAC = "02:11:22:33:44:55";
const KEY = [MAC, "10.0.128.2", "tcp", "192.0.2.1", 443];

function sets(counts: Record<string, [key: (string | number)[], packets: number, bytes: number][]>) {
  const nftables = Object.entries(counts).map(([name, elements]) => ({
    set: {
      name,
      elem: elements.map(([concat, packets, bytes]) => ({ elem: { val: { concat }, counter: { packets, bytes } } })),
    },
  }));
  return readSets(JSON.stringify({ nftables: [{ metainfo: {} }, ...nftables] }));
}

describe("what two readings of the counters tell", () => {
  test("what passed and came back is allowed, and only what is new counts", () => {
    const before = sets({ asked: [[KEY, 2, 200]], sent: [[KEY, 2, 200]], received: [[KEY.slice(1), 1, 50]] });
    const now = sets({ asked: [[KEY, 5, 500]], sent: [[KEY, 5, 500]], received: [[KEY.slice(1), 4, 950]] });
    assert.deepEqual(movedBetween(before, now), [
      {
        mac: MAC,
        protocol: "tcp",
        address: "192.0.2.1",
        port: 443,
        sent: { packets: 3, bytes: 300 },
        received: { packets: 3, bytes: 900 },
        denied: { packets: 0, bytes: 0 },
      },
    ]);
    assert.deepEqual(movedBetween(now, now), []);
  });

  test("what was asked and did not pass was denied", () => {
    const [flow] = movedBetween(sets({}), sets({ asked: [[KEY, 3, 180]], sent: [[KEY, 1, 60]] }));
    assert.deepEqual([flow?.sent.packets, flow?.denied], [1, { packets: 2, bytes: 120 }]);
  });

  test("an element that ran out and came again counts from nothing", () => {
    const [flow] = movedBetween(
      sets({ sent: [[KEY, 90, 9000]] }),
      sets({ asked: [[KEY, 2, 80]], sent: [[KEY, 2, 80]] }),
    );
    assert.deepEqual(flow?.sent, { packets: 2, bytes: 80 });
  });

  test("what came back to an address that two containers have had is counted for neither", () => {
    const other = ["02:11:22:33:44:66", ...KEY.slice(1)];
    const counts = { sent: [KEY, other].map((key) => [key, 1, 60] as [typeof key, number, number]) };
    const moved = movedBetween(sets({}), sets({ ...counts, received: [[KEY.slice(1), 7, 700]] }));
    assert.deepEqual(
      moved.map(({ sent, received }) => [sent.packets, received.packets]),
      [
        [1, 0],
        [1, 0],
      ],
    );
  });

  test("a protocol without ports has a flow too", () => {
    const [flow] = movedBetween(
      sets({}),
      sets({ asked_other: [[KEY.slice(0, 2).concat("icmp", "192.0.2.1"), 1, 84]] }),
    );
    assert.deepEqual([flow?.protocol, flow?.port, flow?.denied.packets], ["icmp", 0, 1]);
  });

  test("bytes to the outside are counted by container", () => {
    const outside = (bytes: number) => sets({ outside: [[[MAC], 1, bytes]] });
    assert.deepEqual(sentOutside(outside(100), outside(100)), []);
    assert.deepEqual(sentOutside(sets({}), outside(100)), [{ mac: MAC, bytes: 100 }]);
  });
});
