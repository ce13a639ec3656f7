import type { CheckResult } from "@hafen/contract";
import { CONTAINER_OOM_SCORE } from "../../container/spec.ts";
import type { HostFacts } from "./examine.ts";
import { fail, pass, warn } from "./result.ts";

const FREE_SHARE = { warn: 0.15, fail: 0.05 };
const CLOCK_MS = { warn: 1_000, fail: 5_000 };

export function examineMachine(facts: HostFacts): CheckResult[] {
  return [...disk(facts.disk), swap(facts), ...time(facts), oomScore(facts.oomScore)];
}

function disk(found: HostFacts["disk"]): CheckResult[] {
  if (!found) return [warn("disk.free", "the engine's data are not seen from the worker", "Watch its disk there.")];
  const { path, freeShare, freeInodeShare, projectQuotas } = found;
  const least = Math.min(freeShare, freeInodeShare);
  const text = `${path}: ${percent(freeShare)} of the bytes and ${percent(freeInodeShare)} of the files are free`;
  const advice = "Free some with hafen system prune, or give the engine a larger disk.";
  const state = least < FREE_SHARE.fail ? fail : warn;
  return [
    least < FREE_SHARE.warn ? state("disk.free", text, advice) : pass("disk.free", text),
    projectQuotas
      ? pass("disk.quotas", "the file system has project quotas")
      : warn(
          "disk.quotas",
          "the file system has no project quotas: the engine limits no writable layer",
          "Put the engine's data on XFS mounted with prjquota.",
        ),
  ];
}

function swap({ swapBytes, swapCounted }: HostFacts): CheckResult {
  if (swapBytes === 0) return pass("memory.swap", "the machine has none");
  if (swapCounted) return pass("memory.swap", "counted with each container's memory");
  return fail(
    "memory.swap",
    "the machine has swap, and the kernel does not count it: a container uses more than its limit",
    "Turn swap off (swapoff -a), or boot with swapaccount=1.",
  );
}

function time({ timeKeeper, clockAheadMs }: HostFacts): CheckResult[] {
  const skew = Math.round(Math.abs(clockAheadMs));
  const text = `${skew} ms ${clockAheadMs < 0 ? "behind" : "ahead of"} the database`;
  const advice = "Stream tokens are good for 10 s by both clocks: synchronise them.";
  const state = skew >= CLOCK_MS.fail ? fail : warn;
  return [
    timeKeeper === undefined
      ? warn("time.keeper", "no program that keeps the clock is seen", "Install systemd-timesyncd or chrony.")
      : pass("time.keeper", timeKeeper),
    skew < CLOCK_MS.warn ? pass("time.skew", text) : state("time.skew", text, advice),
  ];
}

function oomScore(own: number): CheckResult {
  const text = `the worker's is ${own}, a container's ${CONTAINER_OOM_SCORE}`;
  if (own < CONTAINER_OOM_SCORE) return pass("memory.oomScore", text);
  return fail(
    "memory.oomScore",
    text,
    "Out of memory, the kernel ends the worker before a container: lower its OOMScoreAdjust.",
  );
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
