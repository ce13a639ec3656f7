import type { ContainerRow } from "@hafen/db";

/** The packet filter of a host, as its worker keeps it. */
export interface EgressFilter {
  /**
   * In force when it resolves: what the container's row lets it reach, and nothing else. Ahead of each start.
   * @throws EngineError `unavailable` when the rules cannot be set: then nothing is started.
   */
  admit(row: ContainerRow): Promise<void>;
  /** It runs: its neighbours learn which hardware address has its address now. A failure is the filter's own affair. */
  started(pid: number): Promise<void>;
  /** What the kernel enforces on the container, in words. */
  rules(row: Pick<ContainerRow, "id">): Promise<string[]>;
}
