import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[];
  includes?: { caps?: string[]; arches?: string[] };
  excludes?: { caps?: string[] };
}

const CLONE_NEW = 0x02000000 | 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
const ALWAYS_CLOSED = [
  "io_uring_setup",
  "io_uring_enter",
  "io_uring_register",
  "userfaultfd",
  "mq_open",
  "keyctl",
  "add_key",
  "request_key",
  "kexec_load",
  "kexec_file_load",
  "init_module",
  "finit_module",
  "delete_module",
  "reboot",
  "swapon",
  "iopl",
  "ioperm",
];
const NEEDS_A_CAPABILITY = [
  "mount",
  "umount2",
  "pivot_root",
  "setns",
  "unshare",
  "bpf",
  "perf_event_open",
  "open_by_handle_at",
  "chroot",
  "fsopen",
  "move_mount",
  "clock_settime",
];

const profile = JSON.parse(readFileSync(join(import.meta.dirname, "hafen.json"), "utf8")) as {
  defaultAction: string;
  archMap: { architecture: string }[];
  syscalls: Rule[];
};
const rulesFor = (name: string) => profile.syscalls.filter((rule) => rule.names.includes(name));
const isOpen = (rule: Rule) => rule.action === "SCMP_ACT_ALLOW" && rule.includes?.caps === undefined;

test("what the profile does not name is refused, on both architectures", () => {
  assert.equal(profile.defaultAction, "SCMP_ACT_ERRNO");
  assert.deepEqual(
    profile.archMap.map((row) => row.architecture),
    ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
  );
  for (const name of ALWAYS_CLOSED) assert.deepEqual(rulesFor(name), [], name);
});

test("kernel surface that capabilities guard stays closed without them", () => {
  for (const name of NEEDS_A_CAPABILITY) {
    assert.notEqual(rulesFor(name).length, 0, name);
    assert.deepEqual(rulesFor(name).filter(isOpen), [], name);
  }
});

test("clone makes no namespace, and clone3, whose flags no filter sees, does not exist", () => {
  const [open] = rulesFor("clone").filter(isOpen);
  assert.deepEqual(open?.args, [{ index: 0, value: CLONE_NEW, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }]);
  assert.deepEqual(rulesFor("clone3").filter(isOpen), []);
  assert.equal(rulesFor("clone3").find((rule) => rule.action === "SCMP_ACT_ERRNO")?.errnoRet, 38);
});

test("only named address families open; AF_VSOCK and AF_ALG are not among them", () => {
  const rules = rulesFor("socket");
  assert.ok(rules.every((rule) => rule.args?.length === 1 && rule.args[0]?.op === "SCMP_CMP_EQ"));
  assert.deepEqual(
    rules.filter(isOpen).map((rule) => rule.args?.[0]?.value),
    [1, 2, 10, 16],
  );
});

test("no syscall is named twice in one rule", () => {
  for (const { names } of profile.syscalls) assert.equal(new Set(names).size, names.length);
});
