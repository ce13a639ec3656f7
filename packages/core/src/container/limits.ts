import type { CreateContainer, Limits } from "@hafen/contract";

/** `asked` over `base`: what it leaves out, or gives as undefined, stays. */
export function mergeLimits(base: Limits, asked: CreateContainer["limits"] = {}): Limits {
  const { cpus = base.cpus, memoryBytes = base.memoryBytes, pids = base.pids } = asked;
  return { cpus, memoryBytes, pids };
}
