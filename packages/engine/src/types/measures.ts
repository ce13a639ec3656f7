export interface Usage {
  /** Processor time of all its processes, those that have ended too. */
  cpuMs: number;
  /** Without the cache that the kernel would give up first, as `docker stats` counts. */
  memoryBytes: number;
  /** The most it held since its start, that cache included; undefined where the kernel does not keep it. */
  memoryPeakBytes: number | undefined;
  pids: number;
  /** How often the kernel killed a process of it for memory; undefined where it is not counted. */
  oomKills: number | undefined;
}

/** Beside each figure its limit; undefined where there is none. */
export interface ContainerStats {
  atMs: number;
  cpu: {
    totalMs: number;
    /** In use between the sample before and this one. */
    cores: number;
    limitCores: number | undefined;
  };
  memory: { usedBytes: number; limitBytes: number | undefined; peakBytes: number | undefined };
  network: Traffic & { interfaces: (Traffic & { name: string })[] };
  blockIo: BlockIo;
  pids: { current: number; limit: number | undefined };
}
export interface Traffic {
  receivedBytes: number;
  sentBytes: number;
}
export interface BlockIo {
  readBytes: number;
  writtenBytes: number;
}

export interface ContainerProcess {
  /** As the container counts: its init is 1. */
  pid: number;
  /** 0 for what was started from outside, as an exec. */
  parentPid: number;
  /** As the container sees it; 65534 for one that is not its own. */
  uid: number;
  /** The kernel's letter: R runs, S sleeps, D waits for a disk, Z has ended, T is stopped, … */
  state: string;
  startedAtMs: number;
  cpuMs: number;
  residentBytes: number;
  /** Empty for one that has ended. */
  command: string[];
  /** The kernel's short name for it. */
  name: string;
}

export interface Change {
  kind: "added" | "changed" | "deleted";
  path: string;
}
export interface Changes {
  changes: Change[];
  /** There were more than an answer can hold. */
  truncated: boolean;
}
