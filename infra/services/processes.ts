import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { until } from "./until.ts";

/** A zombie counts as dead: it holds nothing any more, and a machine's init may never reap it. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3));
  } catch {
    return false;
  }
}

/** Empty when the process is gone. */
export function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

export function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

export function findProcesses(matches: (pid: number) => boolean): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => isAlive(pid) && matches(pid));
}

/**
 * The pid in a pidfile, if that process lives and carries `mark`, a path of ours, in its command line.
 * A pid alone proves nothing: after a crash the number may belong to somebody else.
 */
export async function pidFrom(pidFile: string, mark: string): Promise<number | undefined> {
  const pid = Number((await readFile(pidFile, "utf8").catch(() => "")).split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  return commandLine(pid).join(" ").includes(mark) ? pid : undefined;
}

/** Asks with `signal`, insists with SIGKILL, and answers once the process is gone. */
export async function stopProcess(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  if (!send(pid, signal)) return;
  if (await until(() => !isAlive(pid), timeoutMs)) return;
  send(pid, "SIGKILL");
  await until(() => !isAlive(pid), timeoutMs);
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
