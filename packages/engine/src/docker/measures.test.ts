import assert from "node:assert/strict";
import { test } from "node:test";
import { readChanges } from "./changes.ts";
import { type RawStats, toStats, toUsage } from "./engine-stats.ts";
import { capabilityNames } from "./isolation/capabilities.ts";
import { mountsOf } from "./isolation/mounts.ts";
import { mappedId } from "./proc-status.ts";

test("changes that are cut off end with the last whole one, whatever its path", () => {
  const whole = Buffer.from(
    JSON.stringify([
      { Path: '/a},{\\"', Kind: 1 },
      { Path: "/b", Kind: 2 },
    ]),
  );
  const all = readChanges(whole, false);
  assert.deepEqual(all, {
    changes: [
      { kind: "added", path: '/a},{\\"' },
      { kind: "deleted", path: "/b" },
    ],
    truncated: false,
  });
  const cut = readChanges(whole.subarray(0, whole.length - 6), true);
  assert.deepEqual(cut, { changes: all.changes.slice(0, 1), truncated: true });
  assert.deepEqual(readChanges(Buffer.from("null"), false), { changes: [], truncated: false });
});

test("the engine's own figures say the same in our words", () => {
  const raw: RawStats = {
    read: "2026-01-02T03:04:05.5Z",
    cpu_stats: { cpu_usage: { total_usage: 1_500_000_000 } },
    memory_stats: { usage: 1000, max_usage: 2000, limit: 4000, stats: { total_inactive_file: 300 } },
    pids_stats: { current: 3, limit: 64 },
    blkio_stats: {
      io_service_bytes_recursive: [
        { op: "Read", value: 5 },
        { op: "Read", value: 2 },
        { op: "Write", value: 11 },
      ],
    },
    networks: { eth0: { rx_bytes: 7, tx_bytes: 8 }, eth1: { rx_bytes: 1, tx_bytes: 1 } },
  };
  assert.deepEqual(toUsage(raw), {
    cpuMs: 1500,
    memoryBytes: 700,
    memoryPeakBytes: 2000,
    pids: 3,
    oomKills: undefined,
  });
  const { atMs, blockIo, network, memory, pids } = toStats(raw);
  assert.equal(atMs, Date.parse(raw.read));
  assert.deepEqual(blockIo, { readBytes: 7, writtenBytes: 11 });
  assert.deepEqual([network.receivedBytes, network.sentBytes, network.interfaces.length], [8, 9, 2]);
  assert.deepEqual([memory.limitBytes, pids], [4000, { current: 3, limit: 64 }]);
  assert.equal(
    toStats({ ...raw, pids_stats: {}, blkio_stats: { io_service_bytes_recursive: null } }).pids.limit,
    undefined,
  );
});

test("capabilities are named by their bits, one unknown by its number", () => {
  assert.deepEqual(capabilityNames("0000000000000021"), ["CHOWN", "KILL"]);
  assert.deepEqual(capabilityNames("0000000000000000"), []);
  assert.deepEqual(capabilityNames("2000000000000000"), ["CAP_61"]);
});

test("mounts say nothing of where on the host they come from", () => {
  const text = [
    "534 326 0:146 / / rw,relatime master:24 - overlay overlay rw,lowerdir=/run/secret/l:/run/secret/m",
    "551 534 254:0 /home/of/the/host/resolv.conf /etc/resolv.conf ro,relatime - ext4 /dev/vda rw,resuid=65534",
    String.raw`560 534 0:9 / /a\040b rw,nosuid shared:1 - tmpfs tmpfs rw,size=1024k,nr_inodes=20,uid=1000000`,
    "",
  ].join("\n");
  const mounts = mountsOf(text);
  assert.deepEqual(mounts, [
    { target: "/", type: "overlay", options: ["rw", "relatime"] },
    { target: "/etc/resolv.conf", type: "ext4", options: ["ro", "relatime"] },
    { target: "/a b", type: "tmpfs", options: ["rw", "nosuid", "size=1024k", "nr_inodes=20"] },
  ]);
});

test("an id outside of the container's own is nobody's", () => {
  const map = [{ inside: 0, outside: 100_000, count: 65_536 }];
  assert.deepEqual(
    [100_000, 101_000, 165_536, 0].map((id) => mappedId(id, map)),
    [0, 1000, 65_534, 65_534],
  );
});
