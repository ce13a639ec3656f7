import assert from "node:assert/strict";
import { CreateContainer, DEFAULT_LIMITS } from "@hafen/contract";
import { containerSpec } from "@hafen/core";
import type { ContainerRow, MountRow } from "@hafen/db";
import { EngineError, toCreateOptions } from "@hafen/engine";
import fc from "fast-check";
import { abuse } from "../support/index.ts";

const REQUESTS = 10_000;
const MIB = 1024 * 1024;
const SECCOMP = '{"defaultAction":"SCMP_ACT_ERRNO"}';
const SHORT_LIST = "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID NET_BIND_SERVICE SYS_CHROOT".split(" ");
/** What would widen a sandbox, or reach what is not its user's. */
const NEVER =
  "Devices DeviceCgroupRules DeviceRequests Binds PidMode UTSMode UsernsMode VolumesFrom Links Sysctls GroupAdd Runtime PortBindings ExtraHosts Dns DnsOptions DnsSearch StorageOpt VolumeDriver OomKillDisable ContainerIDFile".split(
    " ",
  );

const hostile = fc.constantFrom("host", "container:ctr_2", "/", "/etc", "..", "../..", "unconfined", "ALL", "-1", "");
const text = fc.oneof(hostile, fc.string({ maxLength: 20, unit: "binary" }));
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-1, 0, 1e18, 2 ** 53));
const mount = fc.record(
  {
    type: fc.constantFrom("volume", "tmpfs", "host", "bind"),
    source: text,
    target: fc.oneof(text, fc.constantFrom("/v", "/proc", "/sys/fs", "/etc/passwd")),
    readOnly: fc.boolean(),
    sizeBytes: fc.oneof(number, fc.constant(4096)),
  },
  { requiredKeys: ["type", "target"] },
);
/** Mostly what the contract takes, so that enough comes through to be looked at, and in each field what an attacker would try. */
const request = fc.record(
  {
    image: fc.constant("busybox"),
    name: fc.oneof(text, fc.constantFrom("a", "b-1")),
    command: fc.array(text, { maxLength: 3 }),
    entrypoint: fc.array(text, { maxLength: 3 }),
    env: fc.dictionary(fc.constantFrom("PATH", "LD_PRELOAD", "A", "container"), text),
    user: fc.constantFrom("root", "0", "0:0", "1000:1000", "nobody", "4294967296"),
    hostname: fc.constantFrom("a", "host-1", "localhost"),
    workingDir: fc.constantFrom("/", "/tmp", "/proc/1/root", "/proc/self/fd/8"),
    tty: fc.boolean(),
    openStdin: fc.boolean(),
    stdinOnce: fc.boolean(),
    labels: fc.dictionary(fc.constantFrom("a", "HAFEN.ID", "com.docker.compose.project"), text),
    mounts: fc.array(mount, { maxLength: 3 }),
    healthcheck: fc.record({ test: fc.constantFrom(["CMD", "true"], ["CMD-SHELL", "true"]) }),
    limits: fc.record(
      {
        cpus: fc.double({ min: 0.01, max: 512, noNaN: true }),
        memoryBytes: fc.integer({ min: 6 * MIB, max: 2 ** 40 }),
        pids: fc.integer({ min: 1, max: 32_768 }),
      },
      { requiredKeys: [] },
    ),
    profile: fc.constantFrom("standard", "restricted"),
  },
  { requiredKeys: ["image"] },
);
/** One in two with what the contract never takes. */
const requests = fc
  .tuple(
    request,
    fc.option(fc.constantFrom("Privileged", "privileged", "HostConfig", "network", "isolation"), { freq: 1 }),
  )
  .map(([rest, wider]) => (wider === null ? rest : { ...rest, [wider]: true }));

/** As `createContainer` keeps it, with all in place of what only the database knows. */
function rowsOf(input: CreateContainer): { row: ContainerRow; mounts: MountRow[] } {
  const { profile = "standard", limits, labels = {}, name = "named", hostname = "h", env = {}, ...rest } = input;
  const { command, entrypoint, workingDir, user, tty = false, openStdin = false, stdinOnce = false } = rest;
  const config = { profile, hostname, env, command, entrypoint, workingDir, user, tty, openStdin, stdinOnce };
  const row = {
    id: "ctr_1",
    userId: "usr_1",
    imageDigest: "sha256:1",
    config: { ...config, ...(input.healthcheck && { healthcheck: input.healthcheck }) },
    limits: { ...DEFAULT_LIMITS, ...limits },
    labels,
    networkId: "net_1",
    name,
  } as unknown as ContainerRow;
  const mounts = (input.mounts ?? []).map((each, at) =>
    each.type === "tmpfs"
      ? { type: "tmpfs", volumeId: null, target: each.target, readOnly: false, sizeBytes: each.sizeBytes ?? 64 * MIB }
      : { type: each.type, volumeId: `vol_${at}`, target: each.target, readOnly: each.readOnly ?? false },
  ) as MountRow[];
  return { row, mounts };
}

function assertContained(input: CreateContainer): void {
  const { row, mounts } = rowsOf(input);
  const told = toCreateOptions(containerSpec(row, mounts, { id: "hst_1", seccomp: SECCOMP }));
  const { HostConfig: host } = told;
  const isRestricted = input.profile === "restricted";
  assert.deepEqual(
    Object.keys(host).filter((key) => NEVER.includes(key)),
    [],
  );
  assert.deepEqual(
    [host.Privileged, host.PublishAllPorts, host.Init, host.IpcMode, host.CgroupnsMode, host.ReadonlyRootfs],
    [false, false, true, "private", "private", isRestricted],
  );
  assert.deepEqual([host.CapDrop, host.CapAdd], [["ALL"], isRestricted ? [] : SHORT_LIST]);
  assert.deepEqual(host.SecurityOpt, ["no-new-privileges:true", `seccomp=${SECCOMP}`]);
  assert.ok(Number(host.Memory) >= 6 * MIB && host.MemorySwap === host.Memory);
  assert.ok(Number(host.PidsLimit) >= 1 && Number(host.PidsLimit) <= 32_768);
  assert.ok(Number(host.NanoCpus) > 0 && Number(host.ShmSize) <= 64 * MIB);
  assert.equal(host.NetworkMode, "net_1");
  assert.ok((host.OomScoreAdj ?? 0) >= 0, "nothing of a user's outlives the service");
  assert.equal(host.LogConfig?.Type, "json-file");
  const { "max-size": size, "max-file": files } = (host.LogConfig?.Config ?? {}) as Record<string, string>;
  assert.ok(Number(size) * Number(files) <= 20 * MIB);
  assert.deepEqual(host.RestartPolicy, { Name: "no" });
  assert.deepEqual(
    host.Ulimits?.map(({ Name, Hard }) => [Name, Hard]),
    [
      ["nofile", 16_384],
      ["core", 0],
    ],
  );
  for (const made of host.Mounts ?? []) {
    assert.ok(made.Type === "volume" && /^vol_\d$/.test(made.Source), JSON.stringify(made));
    assert.deepEqual(made.VolumeOptions?.DriverConfig, { Name: "", Options: {} });
  }
  for (const options of Object.values(host.Tmpfs ?? {})) {
    const [, bytes] = /^rw,nosuid,nodev,noexec,mode=1777,size=(\d+),nr_inodes=65536$/.exec(options) ?? [];
    assert.ok(Number(bytes) >= 4096 && Number(bytes) <= 4096 * MIB, options);
  }
  assert.equal(Object.keys(host.Tmpfs ?? {}).filter((target) => !target.startsWith("/")).length, 0);
  assert.deepEqual(told.Labels, { "hafen.id": "ctr_1", "hafen.host": "hst_1", "hafen.user": "usr_1" });
  assert.deepEqual([told.name, told.Image], ["ctr_1", "sha256:1"]);
  if (isRestricted) assert.equal(told.User, "65534:65534");
  if (!input.healthcheck) assert.deepEqual(told.Healthcheck, { Test: ["NONE"] });
}

abuse("D1", `${REQUESTS} requests that may hold anything, as the engine is told of them`, async () => {
  let [passed, refused] = [0, 0];
  fc.assert(
    fc.property(requests, (input) => {
      const parsed = CreateContainer.safeParse(input);
      if (!parsed.success) return void (refused += 1);
      passed += 1;
      assertContained(parsed.data);
    }),
    { numRuns: REQUESTS },
  );
  assert.ok(passed > REQUESTS / 50 && refused > REQUESTS / 50, `${passed} passed, ${refused} refused`);
  return `${refused} refused; each of the ${passed} others stays within its profile`;
});

abuse("D4", "namespaces and paths put straight into what is made of a row", async () => {
  const { row } = rowsOf({ image: "busybox" });
  const spec = containerSpec(row, [], { id: "hst_1", seccomp: SECCOMP });
  const { isolation } = spec;
  const wider: Partial<typeof spec>[] = [
    { network: { name: "host", aliases: [] } },
    { network: { name: "container:ctr_2", aliases: [] } },
    { mounts: [{ type: "volume", volume: "/etc", target: "/x", readOnly: false }] },
    { mounts: [{ type: "volume", volume: "../x", target: "/x", readOnly: false }] },
    { isolation: { ...isolation, capabilities: ["ALL"] } },
    { isolation: { ...isolation, seccomp: "unconfined" } },
  ];
  for (const part of wider) assert.throws(() => toCreateOptions({ ...spec, ...part }), EngineError);
  return `${wider.length} of ${wider.length} refused before the engine is asked`;
});
