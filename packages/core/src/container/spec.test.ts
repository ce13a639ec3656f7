import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CreateContainer, DEFAULT_LIMITS } from "@hafen/contract";
import type { ContainerRow, MountRow } from "@hafen/db";
import fc from "fast-check";
import { containerSpec } from "./spec.ts";

const MAY_HAVE = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "NET_BIND_SERVICE",
  "SYS_CHROOT",
];
const HOST = { id: "hst_1", seccomp: '{"defaultAction":"SCMP_ACT_ERRNO"}' };

/** What clients of Docker ask for to get out, and what an attacker would try next. */
const WIDENING = [
  "privileged",
  "capAdd",
  "capabilities",
  "securityOpt",
  "devices",
  "pidMode",
  "ipcMode",
  "networkMode",
  "network",
  "usernsMode",
  "binds",
  "sysctls",
  "cgroupParent",
  "runtime",
  "isolation",
  "seccomp",
  "hostConfig",
  "HostConfig",
  "shmBytes",
  "log",
  "__proto__",
  "constructor",
];

const text = fc.string({ maxLength: 20, unit: "grapheme" });
const valid = fc.record(
  {
    image: fc.constant("busybox"),
    command: fc.array(text, { maxLength: 3 }),
    entrypoint: fc.array(text, { maxLength: 3 }),
    env: fc.dictionary(fc.constantFrom("PATH", "LD_PRELOAD", "A", "HAFEN"), text),
    user: fc.constantFrom("root", "0", "0:0", "1000:1000", "nobody"),
    hostname: fc.constantFrom("a", "host-1", "localhost"),
    workingDir: fc.constantFrom("/", "/tmp", "/proc/1/root"),
    tty: fc.boolean(),
    openStdin: fc.boolean(),
    labels: fc.dictionary(fc.constantFrom("a", "hafe", "HAFEN.ID", "com.docker.x"), text),
    limits: fc.record(
      {
        cpus: fc.double({ min: 0.01, max: 512, noNaN: true }),
        memoryBytes: fc.integer({ min: 6 * 2 ** 20 }),
        pids: fc.integer({ min: 1, max: 32_768 }),
      },
      { requiredKeys: [] },
    ),
    profile: fc.constantFrom("standard" as const, "restricted" as const),
  },
  { requiredKeys: ["image"] },
);

/** The row that `createContainer` makes of a request. */
function rowOf(input: CreateContainer): ContainerRow {
  const {
    command,
    entrypoint,
    env = {},
    workingDir,
    user,
    hostname = "h",
    tty = false,
    openStdin = false,
    profile = "standard",
    limits,
  } = input;
  const config = { command, entrypoint, env, workingDir, user, hostname, tty, openStdin, stdinOnce: false, profile };
  return {
    id: "ctr_1",
    userId: "usr_1",
    imageDigest: "sha256:1",
    config,
    limits: { ...DEFAULT_LIMITS, ...limits },
    labels: input.labels ?? {},
    networkId: "net_1",
    name: input.name ?? "named",
  } as unknown as ContainerRow;
}

describe("whatever a request holds", () => {
  test("the engine is told the profile's isolation and nothing wider", () => {
    fc.assert(
      fc.property(valid, (input) => {
        const parsed = CreateContainer.safeParse(input);
        fc.pre(parsed.success);
        const { isolation, network, labels, user, imageId, name, ...spec } = containerSpec(
          rowOf(parsed.data),
          [],
          HOST,
        );
        const isRestricted = parsed.data.profile === "restricted";
        assert.deepEqual(
          isolation.capabilities.filter((each) => !MAY_HAVE.includes(each)),
          [],
        );
        assert.deepEqual(isolation, {
          capabilities: isRestricted ? [] : MAY_HAVE,
          readOnlyRoot: isRestricted,
          seccomp: HOST.seccomp,
        });
        assert.deepEqual(network, { name: "net_1", aliases: [parsed.data.name ?? "named"] });
        assert.deepEqual(labels, { "hafen.id": "ctr_1", "hafen.host": "hst_1", "hafen.user": "usr_1" });
        assert.deepEqual([imageId, name], ["sha256:1", "ctr_1"]);
        if (isRestricted) assert.equal(user, "65534:65534");
        assert.deepEqual(spec.limits, { ...DEFAULT_LIMITS, ...parsed.data.limits });
        assert.ok(spec.shmBytes <= spec.limits.memoryBytes && spec.shmBytes <= 64 * 2 ** 20);
        assert.ok(spec.log.maxBytes * spec.log.files <= 20 * 2 ** 20 && spec.openFiles <= 16_384);
      }),
      { numRuns: 500 },
    );
  });

  test("a field that the contract does not know is refused, at the top and in the limits", () => {
    const anything = fc.anything({ maxDepth: 2 }).filter((value) => value !== undefined);
    fc.assert(
      fc.property(fc.constantFrom(...WIDENING), anything, (name, value) => {
        const body: unknown = JSON.parse(`{"image":"busybox",${JSON.stringify(name)}:${JSON.stringify(value) ?? "1"}}`);
        assert.equal(CreateContainer.safeParse(body).success, false, name);
        const limits: unknown = JSON.parse(`{"image":"busybox","limits":{${JSON.stringify(name)}:1}}`);
        assert.equal(CreateContainer.safeParse(limits).success, false, `limits.${name}`);
      }),
    );
  });

  test("a mount is of a volume of Hafen's or a tmpfs, never a path of the host", () => {
    const kind = fc.constantFrom("bind", "host", "npipe", "cluster", "volume", "tmpfs");
    const source = fc.constantFrom("/", "/etc", "../x", "/var/run/docker.sock", ".", "", "a/b", "ok");
    fc.assert(
      fc.property(kind, source, fc.constantFrom("/v", "/", "v", "/a/../b"), (type, from, target) => {
        const { success } = CreateContainer.safeParse({
          image: "b",
          mounts: [{ type, ...(type === "tmpfs" ? {} : { source: from }), target }],
        });
        // A `host` source is a path of the virtual tree, which names a volume: see mounts.ts.
        const isSource = type === "volume" ? from === "ok" : type === "host" && from.startsWith("/") && from !== "/";
        if (success) assert.ok(target === "/v" && (type === "tmpfs" || isSource), `${type} ${from} ${target}`);
      }),
    );
    const rows = [
      { type: "volume", volumeId: "vol_1", target: "/v", readOnly: true, sizeBytes: null },
      { type: "tmpfs", volumeId: null, target: "/t", readOnly: false, sizeBytes: 4096 },
    ] as MountRow[];
    assert.deepEqual(containerSpec(rowOf({ image: "b" }), rows, HOST).mounts, [
      { type: "volume", volume: "vol_1", target: "/v", readOnly: true, fromImage: true },
      { type: "tmpfs", target: "/t", sizeBytes: 4096, inodes: 65_536 },
    ]);
  });
});
