import { readFileSync } from "node:fs";

const SOFT_FILES = 4_096;
const HARD_FILES = 65_536;
/** The kernel counts queued signals, timers among them, over all containers together: one must not have the whole. */
const PENDING_SIGNALS = 4_096;
const CAP_SYS_RESOURCE = 24n;

interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

/**
 * What a container gets unless it asks for less. A low soft limit keeps programs quick that close every
 * descriptor they might have; those that need more raise it themselves, up to the hard one.
 */
export function engineLimits(): Record<string, Ulimit> {
  const hard = Math.min(HARD_FILES, reachableFiles());
  return {
    nofile: { Name: "nofile", Soft: Math.min(SOFT_FILES, hard), Hard: hard },
    sigpending: { Name: "sigpending", Soft: PENDING_SIGNALS, Hard: PENDING_SIGNALS },
    core: { Name: "core", Soft: 0, Hard: 0 },
  };
}

/** Without CAP_SYS_RESOURCE nobody passes the hard limit he was born with, and the container would not start. */
function reachableFiles(): number {
  const capabilities = /^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  if ((BigInt(`0x${capabilities}`) >> CAP_SYS_RESOURCE) & 1n) return HARD_FILES;
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
  return hard === undefined ? HARD_FILES : Number(hard);
}
