import type { CheckResult } from "@hafen/contract";
import type { HostFacts } from "./examine.ts";
import { fail, pass, warn } from "./result.ts";

/** Settings of the kernel, and what lets strangers do more where they are otherwise. */
const SYSCTLS: { path: string; good: (value: string) => boolean; status: typeof fail; wants: string; why: string }[] = [
  atLeast("kernel/kptr_restrict", 1, "containers read the kernel's addresses"),
  atLeast("kernel/dmesg_restrict", 1, "containers may read the kernel's log"),
  atLeast("kernel/unprivileged_bpf_disabled", 1, "programs without rights load code into the kernel"),
  atLeast("kernel/randomize_va_space", 2, "addresses of programs are easy to guess"),
  atLeast("fs/protected_symlinks", 1, "links in shared directories can be swapped under others"),
  atLeast("fs/protected_hardlinks", 1, "files of others can be linked to"),
  {
    path: "kernel/core_pattern",
    good: (value) => !value.startsWith("|"),
    status: warn,
    wants: "core",
    why: "a crash in a container runs a program on the machine, as root, with what the container wrote",
  },
  {
    path: "net/ipv4/ip_forward",
    good: (value) => value === "1",
    status: fail,
    wants: "1",
    why: "containers reach nothing outside",
  },
];

function atLeast(path: string, least: number, why: string) {
  return { path, good: (value: string) => Number(value) >= least, status: warn, wants: String(least), why };
}

export function examineKernel(facts: HostFacts): CheckResult[] {
  const flaws = Object.entries(facts.processorFlaws).filter(([, state]) => state.startsWith("Vulnerable"));
  return [
    pass("kernel.version", facts.kernel),
    facts.engine.cgroupVersion === 2
      ? pass("kernel.cgroups", "version 2")
      : warn(
          "kernel.cgroups",
          "version 1: writes that go through the page cache have no bandwidth limit",
          "Boot with systemd.unified_cgroup_hierarchy=1.",
        ),
    modules(facts.securityModules),
    flaws.length === 0
      ? pass("kernel.processor", "no flaw without a mitigation")
      : warn(
          "kernel.processor",
          `open: ${flaws.map(([name]) => name).join(", ")}`,
          "Update the kernel and the microcode; containers share processors.",
        ),
    ...SYSCTLS.map(({ path, good, status, wants, why }) => {
      const value = facts.sysctls[path];
      const name = `sysctl.${path.replaceAll("/", ".")}`;
      const set = `Set ${path.replaceAll("/", ".")}=${wants} in /etc/sysctl.d: otherwise ${why}.`;
      if (value === undefined) return warn(name, "this kernel has no such setting", `Where it has: ${set}`);
      return good(value) ? pass(name, value) : status(name, value, set);
    }),
  ];
}

function modules(found: string[] | undefined): CheckResult {
  const confining = (found ?? []).filter((name) => name === "apparmor" || name === "selinux");
  if (confining.length > 0) return pass("kernel.securityModule", confining.join(", "));
  return warn(
    "kernel.securityModule",
    `none confines containers (${found?.join(", ") || "none seen"})`,
    "A kernel with AppArmor adds a layer; Hafen's isolation does not depend on it.",
  );
}
