import assert from "node:assert/strict";
import { test } from "node:test";
import { mountFlagOf } from "./mount-flag.ts";
import { mountOf } from "./volume-flags.ts";

test("-v is read as docker reads it", () => {
  const read = ["/data", "notes:/data", "notes:/data:ro", "/home/frank/cdata:/data", "/a:/b:rw,ro"].map(mountOf);
  assert.deepEqual(read, [
    { type: "volume", target: "/data" },
    { type: "volume", source: "notes", target: "/data" },
    { type: "volume", source: "notes", target: "/data", readOnly: true },
    { type: "host", source: "/home/frank/cdata", target: "/data" },
    { type: "host", source: "/a", target: "/b", readOnly: true },
  ]);
});

test("--mount is read as docker reads it", () => {
  const read = [
    "type=bind,source=/home/frank/cdata,target=/data",
    "type=bind,src=/a,dst=/b,readonly",
    "source=notes,destination=/data,ro=true",
    "type=volume,target=/data",
    "type=tmpfs,target=/mem,tmpfs-size=64m",
    '"source=notes","target=/a,b"',
  ].map(mountFlagOf);
  assert.deepEqual(read, [
    { type: "host", source: "/home/frank/cdata", target: "/data" },
    { type: "host", source: "/a", target: "/b", readOnly: true },
    { type: "volume", source: "notes", target: "/data", readOnly: true },
    { type: "volume", target: "/data" },
    { type: "tmpfs", target: "/mem", sizeBytes: 64 * 1024 ** 2 },
    { type: "volume", source: "notes", target: "/a,b" },
  ]);
});

test("what docker takes and the service does not says what to do", () => {
  const refused: [() => unknown, RegExp][] = [
    [() => mountOf("./here:/data"), /\.\/here is neither .*hafen cp/],
    [() => mountOf("~/here:/data"), /neither/],
    [() => mountOf("a/b:/data"), /neither/],
    [() => mountOf(":/data"), /an empty source/],
    [() => mountOf("notes:data"), /must be absolute/],
    [() => mountOf("notes:/data:z"), /z is not supported: .*SELinux/],
    [() => mountOf("/a:/data:rshared"), /rshared is not supported: .*stay its own/],
    [() => mountOf("notes:/data:nocopy"), /nocopy/],
    [() => mountOf("notes:/data:wo"), /wo is not supported: ro or rw/],
    [() => mountOf("a:/b:ro:x"), /\[NAME/],
    [() => mountFlagOf("type=bind,source=here,target=/data"), /absolute path/],
    [() => mountFlagOf("type=bind,source=/a,target=/b,bind-propagation=rshared"), /bind-propagation is not supported/],
    [() => mountFlagOf("source=/a,target=/b"), /type=bind/],
    [() => mountFlagOf("type=npipe,target=/b"), /type npipe is not supported/],
    [() => mountFlagOf("source=a"), /target is missing/],
    [() => mountFlagOf("source=a,target=/b,readonly=maybe"), /true or false/],
    [() => mountFlagOf("source=a,target=/b,tmpfs-size=1m"), /type=tmpfs/],
    [() => mountFlagOf('source="a,target=/b'), /quotes/],
    [() => mountFlagOf("source,target=/b"), /source needs a value/],
  ];
  for (const [read, message] of refused) assert.throws(read, { name: "UsageError", message });
});
