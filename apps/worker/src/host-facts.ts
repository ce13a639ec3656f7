import { existsSync } from "node:fs";
import { readdir, readFile, statfs } from "node:fs/promises";
import { release } from "node:os";
import type { HostCtx, HostFacts } from "@hafen/core";
import { databaseNowMs } from "@hafen/db";

const FLAWS = "/sys/devices/system/cpu/vulnerabilities";
const SYSCTLS = [
  "kernel/kptr_restrict",
  "kernel/dmesg_restrict",
  "kernel/unprivileged_bpf_disabled",
  "kernel/randomize_va_space",
  "kernel/core_pattern",
  "fs/protected_symlinks",
  "fs/protected_hardlinks",
  "net/ipv4/ip_forward",
];
/** What each leaves while it runs. */
const TIME_KEEPERS = {
  "systemd-timesyncd": "/run/systemd/timesync/synchronized",
  chrony: "/run/chrony/chronyd.pid",
  ntpd: "/run/ntpd.pid",
};
/** A flag of a socket in /proc/net/unix. */
const LISTENS = "00010000";
const V1_SWAP = "/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes";

/** The machine as this process sees it now. */
export async function readHostFacts(ctx: HostCtx, signal: AbortSignal): Promise<HostFacts> {
  const engine = await ctx.engine.info({ signal });
  const [sysctls, flaws, meminfo = "", lsm, oomScore, disk, clockAheadMs] = await Promise.all([
    entries(SYSCTLS, (path) => read(`/proc/sys/${path}`)),
    readdir(FLAWS).then(
      (names) => entries(names, async (name) => (await read(`${FLAWS}/${name}`)) ?? ""),
      () => ({}),
    ),
    read("/proc/meminfo"),
    read("/sys/kernel/security/lsm"),
    read("/proc/self/oom_score_adj"),
    diskOf(engine.id.slice(engine.id.indexOf("@") + 1)),
    clockAhead(ctx),
  ]);
  return {
    engine,
    sharesNetwork: await sharesNetwork(ctx.engineAddress),
    kernel: release(),
    securityModules: lsm?.split(","),
    sysctls,
    processorFlaws: flaws,
    swapBytes: Number(/^SwapTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024,
    swapCounted: engine.cgroupVersion === 2 || existsSync(V1_SWAP),
    disk,
    timeKeeper: Object.entries(TIME_KEEPERS).find(([, mark]) => existsSync(mark))?.[0],
    clockAheadMs,
    oomScore: Number(oomScore ?? 0),
  };
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function entries<T>(names: string[], value: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await value(name)] as const)));
}

async function diskOf(path: string): Promise<HostFacts["disk"]> {
  const found = await statfs(path).catch(() => undefined);
  if (!found) return undefined;
  return {
    path,
    freeShare: found.bavail / found.blocks,
    // Some file systems make inodes as they need them, and say 0.
    freeInodeShare: found.files === 0 ? 1 : found.ffree / found.files,
    projectQuotas: /,(prjquota|pquota)\b/.test(await mountOf(path)),
  };
}

/** The line of /proc/self/mountinfo for the file system that `path` is on. */
async function mountOf(path: string): Promise<string> {
  const lines = ((await read("/proc/self/mountinfo")) ?? "").split("\n");
  const target = (line: string) => line.split(" ")[4] ?? "";
  const above = lines.filter((line) => `${path}/`.startsWith(`${target(line).replace(/\/$/, "")}/`));
  return above.toSorted((a, b) => target(a).length - target(b).length).at(-1) ?? "";
}

/**
 * The kernel lists a unix socket in the network namespace where it was made, and only there. The engine's end of a connection bears
 * the path, too, but is made where the caller is: only who listens counts.
 */
async function sharesNetwork(address: string | undefined): Promise<boolean | undefined> {
  if (!address?.startsWith("unix://")) return undefined;
  const path = address.slice("unix://".length);
  const sockets = await read("/proc/self/net/unix");
  return sockets?.split("\n").some((line) => isListening(line, path));
}

function isListening(line: string, path: string): boolean {
  const [, , , flags] = line.split(/\s+/);
  return flags === LISTENS && line.endsWith(` ${path}`);
}

/** Half the way there and back is taken off. */
async function clockAhead({ db }: HostCtx): Promise<number> {
  const before = Date.now();
  const database = await databaseNowMs(db);
  return (before + Date.now()) / 2 - database;
}
