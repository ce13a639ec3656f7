import type { CheckResult } from "@hafen/contract";
import type { EngineInfo } from "@hafen/engine";
import { examineEngine } from "./engine.ts";
import { examineKernel } from "./kernel.ts";
import { examineMachine } from "./machine.ts";

/** What the worker sees of its machine; undefined is what it cannot see. */
export interface HostFacts {
  engine: Pick<EngineInfo, "cgroupVersion" | "storageDriver" | "components" | "protections">;
  /** The engine's socket was made in the worker's own network namespace; undefined for one behind TCP. */
  sharesNetwork: boolean | undefined;
  kernel: string;
  securityModules: string[] | undefined;
  /** By the path below /proc/sys. */
  sysctls: Record<string, string | undefined>;
  /** By the name of the flaw, what the kernel says of it. */
  processorFlaws: Record<string, string>;
  swapBytes: number;
  swapCounted: boolean;
  /** Of the file system with the engine's data. */
  disk: { path: string; freeShare: number; freeInodeShare: number; projectQuotas: boolean } | undefined;
  /** Which program keeps the clock, as far as is seen. */
  timeKeeper: string | undefined;
  /** The machine's clock less the database's. */
  clockAheadMs: number;
  /** The worker's own, which containers should have more of. */
  oomScore: number;
}

/** Everything that is looked at, in the order of the report. Pure: the worker brings the facts. */
export function examineHost(facts: HostFacts): CheckResult[] {
  return [...examineEngine(facts), ...examineKernel(facts), ...examineMachine(facts)];
}
