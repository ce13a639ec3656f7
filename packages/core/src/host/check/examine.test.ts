import assert from "node:assert/strict";
import { test } from "node:test";
import { examineHost, type HostFacts } from "./examine.ts";

const SOUND: HostFacts = {
  engine: {
    cgroupVersion: 2,
    storageDriver: "overlay2",
    components: [{ name: "runc", version: "1.4.3", build: "" }],
    protections: { userNamespaces: true, seccomp: true, liveRestore: true, noNewPrivileges: true },
  },
  sharesNetwork: false,
  kernel: "6.12.0",
  securityModules: ["capability", "apparmor"],
  sysctls: {
    "kernel/kptr_restrict": "1",
    "kernel/dmesg_restrict": "1",
    "kernel/unprivileged_bpf_disabled": "2",
    "kernel/randomize_va_space": "2",
    "kernel/core_pattern": "core",
    "fs/protected_symlinks": "1",
    "fs/protected_hardlinks": "1",
    "net/ipv4/ip_forward": "1",
  },
  processorFlaws: { spectre_v2: "Mitigation: Enhanced IBRS", mds: "Not affected" },
  swapBytes: 0,
  swapCounted: false,
  disk: { path: "/data", freeShare: 0.5, freeInodeShare: 0.9, projectQuotas: true },
  timeKeeper: "chrony",
  clockAheadMs: -3,
  oomScore: 0,
};

const status = (facts: Partial<HostFacts>, name: string) =>
  examineHost({ ...SOUND, ...facts }).find((check) => check.name === name)?.status;

test("a sound machine passes everything, and nothing is advised", () => {
  for (const check of examineHost(SOUND)) assert.deepEqual([check.status, check.advice], ["pass", null], check.name);
});

test("what strangers' work cannot go without fails, each by its own name", () => {
  const engine = { ...SOUND.engine, protections: { ...SOUND.engine.protections, userNamespaces: false } };
  assert.equal(status({ engine }, "engine.userNamespaces"), "fail");
  assert.equal(
    status({ sysctls: { ...SOUND.sysctls, "net/ipv4/ip_forward": "0" } }, "sysctl.net.ipv4.ip_forward"),
    "fail",
  );
  assert.equal(status({ swapBytes: 1024 }, "memory.swap"), "fail");
  assert.equal(status({ swapBytes: 1024, swapCounted: true }, "memory.swap"), "pass");
  assert.equal(status({ clockAheadMs: -6_000 }, "time.skew"), "fail");
  assert.equal(status({ oomScore: 500 }, "memory.oomScore"), "fail");
  assert.equal(
    status({ disk: { path: "/", freeShare: 0.5, freeInodeShare: 0.01, projectQuotas: true } }, "disk.free"),
    "fail",
  );
});

test("a grave hole of the runtime fails where root in a container is root of the machine, and warns elsewhere", () => {
  const components = [{ name: "runc", version: "1.2.0", build: "" }];
  const protections = { ...SOUND.engine.protections, userNamespaces: false };
  assert.equal(status({ engine: { ...SOUND.engine, components } }, "version.runc"), "warn");
  assert.equal(status({ engine: { ...SOUND.engine, components, protections } }, "version.runc"), "fail");
});

test("whatever does not pass says what to do", () => {
  const bare: HostFacts = {
    ...SOUND,
    engine: {
      cgroupVersion: 1,
      storageDriver: "vfs",
      components: [],
      protections: { userNamespaces: false, seccomp: false, liveRestore: false, noNewPrivileges: false },
    },
    sharesNetwork: true,
    securityModules: undefined,
    sysctls: { "kernel/core_pattern": "|/usr/lib/crash" },
    processorFlaws: { mds: "Vulnerable: no microcode" },
    disk: undefined,
    timeKeeper: undefined,
    clockAheadMs: 2_000,
  };
  const open = examineHost(bare).filter((check) => check.status !== "pass");
  assert.ok(open.length > 15, `${open.length}`);
  for (const check of open) assert.ok((check.advice ?? "").length > 10, check.name);
});
