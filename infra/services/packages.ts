import { readFile, rm, writeFile } from "node:fs/promises";
import { findProgram, run } from "./command.ts";
import { ServiceError } from "./error.ts";
import { isRoot } from "./places.ts";

export type Say = (line: string) => void;

/** Every program of the machine that Hafen calls, and the Debian package that brings it. */
const PACKAGES = {
  dockerd: "docker.io",
  containerd: "containerd",
  runc: "runc",
  iptables: "iptables",
  nft: "nftables",
  ip: "iproute2",
  nsenter: "util-linux",
  xz: "xz-utils",
  "redis-server": "redis-server",
  mmdebstrap: "mmdebstrap",
  /** For tests alone. */
  "docker-registry": "docker-registry",
  faketime: "faketime",
} as const;

export type Program = keyof typeof PACKAGES;

const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY = "#!/bin/sh\n# Hafen: packages must not start services of their own while they are installed\nexit 101\n";
const INSTALL_TIMEOUT_MS = 15 * 60_000;

export function missingPrograms(programs: readonly Program[], env: NodeJS.ProcessEnv): Program[] {
  return programs.filter((program) => !findProgram(program, env));
}

/** Installs the packages of the programs that are missing. Says what it does before it does it. */
export async function ensurePrograms(programs: readonly Program[], env: NodeJS.ProcessEnv, say: Say): Promise<void> {
  const missing = missingPrograms(programs, env);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))].toSorted();
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!isRoot || !findProgram("apt-get", env)) {
    throw new ServiceError(
      "missing",
      `Hafen needs programs that this machine lacks: ${missing.join(", ")}.\nInstall them, on Debian with: ${isRoot ? "" : "sudo "}${command}`,
    );
  }
  say(`installing Debian packages: ${packages.join(", ")} (their own system services are not started)`);
  await withoutServiceStarts(async () => {
    const apt = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300"];
    await run("env", [...apt, "update"], INSTALL_TIMEOUT_MS);
    await run("env", [...apt, "install", "--no-install-recommends", ...packages], INSTALL_TIMEOUT_MS);
  }).catch((cause: unknown) => {
    throw new ServiceError(
      "missing",
      `The packages could not be installed: ${lastLine(cause)}\nMend it, then try again with: ${command}`,
      { cause },
    );
  });
  const still = missingPrograms(programs, env);
  if (still.length > 0)
    throw new ServiceError(
      "missing",
      `The packages brought no ${still.join(", ")}.\nInstall them by hand, then start again.`,
    );
}

/** Debian's own switch against it; a policy that somebody else has set stays as it is. */
async function withoutServiceStarts(work: () => Promise<void>): Promise<void> {
  const existing = await readFile(POLICY_FILE, "utf8").catch(() => undefined);
  const isOurs = existing === undefined || existing === POLICY;
  if (isOurs) await writeFile(POLICY_FILE, POLICY, { mode: 0o755 });
  try {
    await work();
  } finally {
    if (isOurs) await rm(POLICY_FILE, { force: true });
  }
}

function lastLine(cause: unknown): string {
  return (
    String(cause instanceof Error ? cause.message : cause)
      .trim()
      .split("\n")
      .at(-1) ?? ""
  );
}
