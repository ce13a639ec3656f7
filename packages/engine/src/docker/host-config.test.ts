import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ContainerSpec } from "../engine.ts";
import { EngineError } from "../error.ts";
import { toCreateOptions } from "./host-config.ts";

const volumeName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);
const mount = fc.oneof(
  fc.record({
    type: fc.constant("volume" as const),
    volume: volumeName,
    target: fc.string(),
    readOnly: fc.boolean(),
    fromImage: fc.constantFrom(true, false, undefined),
  }),
  fc.record({ type: fc.constant("tmpfs" as const), target: fc.string(), sizeBytes: fc.nat(), inodes: fc.nat() }),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const spec: fc.Arbitrary<ContainerSpec> = fc.record({
  name: fc.oneof(fc.string(), fc.stringMatching(/^ctr_[0-9a-z]{26}$/)),
  imageId: fc.string(),
  hostname: fc.string(),
  entrypoint: optional(fc.array(fc.string())),
  command: optional(fc.array(fc.string())),
  env: fc.array(fc.string()),
  workingDir: optional(fc.string()),
  user: optional(fc.string()),
  tty: fc.boolean(),
  openStdin: fc.boolean(),
  labels: fc.dictionary(fc.string(), fc.string()),
  mounts: fc.array(mount),
  limits: fc.record({ cpus: fc.double({ min: 0.01, max: 64, noNaN: true }), memoryBytes: fc.nat(), pids: fc.nat() }),
  network: fc.oneof(
    fc.constantFrom("bridge" as const, "none" as const),
    fc.record({ name: fc.stringMatching(/^net_[0-9a-z]{1,26}$/), aliases: fc.array(fc.string()) }),
  ),
  healthcheck: optional(
    fc.record({
      test: fc.tuple(fc.constantFrom("CMD", "CMD-SHELL"), fc.string()),
      intervalMs: fc.nat(),
      timeoutMs: fc.nat(),
      startPeriodMs: fc.nat(),
      retries: fc.nat(),
    }),
  ),
  stopSignal: optional(fc.string()),
  isolation: fc.record({
    capabilities: fc.array(fc.constantFrom("CHOWN", "KILL", "CAP_SETUID", "NET_BIND_SERVICE")),
    readOnlyRoot: fc.boolean(),
    seccomp: optional(fc.constant('{"defaultAction":"SCMP_ACT_ERRNO"}')),
    cgroupParent: optional(fc.string()),
  }),
  log: fc.record({ maxBytes: fc.nat(), files: fc.nat() }),
  shmBytes: fc.nat(),
  openFiles: fc.nat(),
  oomScore: optional(fc.integer()),
});

test("the only paths of the host are files of secrets, below their directory and the container's own name", () => {
  const secretFiles = fc.array(fc.record({ target: fc.string() }));
  fc.assert(
    fc.property(spec, secretFiles, (wanted, files) => {
      let binds: { Source?: string | undefined; ReadOnly?: boolean | undefined }[];
      try {
        const { HostConfig: host } = toCreateOptions({ ...wanted, secretFiles: files }, "/run/secrets-of-hosts");
        binds = (host.Mounts ?? []).filter(({ Type }) => Type === "bind");
        assert.equal(host.Binds, undefined);
      } catch (error) {
        assert.ok(error instanceof EngineError && files.length > 0 && !/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(wanted.name));
        return;
      }
      assert.deepEqual(
        binds.map(({ Source, ReadOnly }) => [Source, ReadOnly]),
        files.map((_, at) => [`/run/secrets-of-hosts/${wanted.name}/${at}`, true]),
      );
    }),
  );
});

test("no spec widens what is fixed", () => {
  fc.assert(
    fc.property(spec, (wanted) => {
      const { HostConfig: host, ...config } = toCreateOptions(wanted);
      assert.equal(host.Privileged, false);
      assert.equal(host.Memory, wanted.limits.memoryBytes);
      assert.equal(host.MemorySwap, host.Memory);
      assert.equal(host.NanoCpus, Math.round(wanted.limits.cpus * 1e9));
      assert.equal(host.CpuShares, Math.max(2, Math.round(wanted.limits.cpus * 1024)));
      assert.equal(host.PidsLimit, wanted.limits.pids);
      const oomScore = host.OomScoreAdj ?? -1;
      assert.ok(oomScore >= 0 && oomScore <= 1000, "never goes after the machine's own programs");
      assert.deepEqual([host.CapDrop, host.CapAdd], [["ALL"], wanted.isolation.capabilities]);
      assert.equal(host.SecurityOpt[0], "no-new-privileges:true");
      assert.deepEqual(
        host.SecurityOpt.slice(1),
        wanted.isolation.seccomp === undefined ? [] : [`seccomp=${wanted.isolation.seccomp}`],
      );
      assert.deepEqual(
        [host.IpcMode, host.CgroupnsMode, host.NetworkMode],
        ["private", "private", typeof wanted.network === "object" ? wanted.network.name : wanted.network],
      );
      assert.deepEqual(
        [host.Init, host.PublishAllPorts, host.ReadonlyRootfs],
        [true, false, wanted.isolation.readOnlyRoot],
      );
      assert.deepEqual(host.RestartPolicy, { Name: "no" });
      assert.deepEqual(host.LogConfig, {
        Type: "json-file",
        Config: { "max-size": `${wanted.log.maxBytes}`, "max-file": `${wanted.log.files}` },
      });
      assert.deepEqual(
        host.Ulimits?.map(({ Name }) => Name),
        ["nofile", "core"],
      );
      assert.deepEqual(config.Healthcheck?.Test, wanted.healthcheck?.test ?? ["NONE"]);
      const networks = typeof wanted.network === "object" ? [wanted.network.name] : [];
      assert.deepEqual(Object.keys(config.NetworkingConfig?.EndpointsConfig ?? {}), networks);
      assert.deepEqual([config.OpenStdin, config.StdinOnce], [wanted.openStdin, false]);
    }),
    { numRuns: 2_000 },
  );
});

test("only volumes are mounted, by name and without driver options", () => {
  fc.assert(
    fc.property(spec, ({ mounts, ...rest }) => {
      const { HostConfig: host } = toCreateOptions({ ...rest, mounts });
      const volumes = mounts.filter((each) => each.type === "volume");
      for (const [at, made] of (host.Mounts ?? []).entries()) {
        assert.equal(made.Type, "volume");
        assert.ok(!made.Source.includes("/"));
        const NoCopy = volumes[at]?.fromImage === false;
        assert.deepEqual(made.VolumeOptions, { NoCopy, Labels: {}, DriverConfig: { Name: "", Options: {} } });
      }
      assert.equal(host.Mounts?.length, mounts.filter(({ type }) => type === "volume").length);
      for (const options of Object.values(host.Tmpfs ?? {}))
        assert.match(options, /nosuid,nodev.*,size=\d+,nr_inodes=\d+$/);
    }),
  );
});

test("nothing but the fields named here reaches the engine", () => {
  const allowed = new Set(
    "Mounts Tmpfs Memory MemorySwap NanoCpus CpuShares PidsLimit Ulimits ShmSize CapDrop CapAdd SecurityOpt Privileged ReadonlyRootfs NetworkMode IpcMode CgroupnsMode PublishAllPorts Init RestartPolicy LogConfig CgroupParent OomScoreAdj".split(
      " ",
    ),
  );
  fc.assert(
    fc.property(spec, (wanted) => Object.keys(toCreateOptions(wanted).HostConfig).every((key) => allowed.has(key))),
  );
});

test("an entrypoint that is not given keeps the image's, an empty one does not", () => {
  fc.assert(
    fc.property(spec, (wanted) => {
      const made = toCreateOptions(wanted);
      assert.equal("Entrypoint" in made, wanted.entrypoint !== undefined);
      assert.equal("Cmd" in made, wanted.command !== undefined);
    }),
  );
});

test("a host path, every capability and an open seccomp profile are refused", () => {
  const [sample] = fc.sample(spec, 1);
  assert.ok(sample);
  const isolation = { capabilities: [], readOnlyRoot: false };
  const bad: Partial<ContainerSpec>[] = [
    { mounts: [{ type: "volume", volume: "/etc", target: "/x", readOnly: false }] },
    { mounts: [{ type: "volume", volume: "", target: "/x", readOnly: false }] },
    { isolation: { ...isolation, capabilities: ["ALL"] } },
    { isolation: { ...isolation, capabilities: ["CAP_ALL"] } },
    { isolation: { ...isolation, seccomp: "unconfined" } },
    { network: { name: "host", aliases: [] } },
    { network: { name: "container:other", aliases: [] } },
    { healthcheck: { test: ["NONE"], intervalMs: 1, timeoutMs: 1, startPeriodMs: 0, retries: 1 } },
  ];
  for (const part of bad) assert.throws(() => toCreateOptions({ ...sample, ...part }), EngineError);
});
