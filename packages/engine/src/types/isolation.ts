import type { BlockIo } from "./measures.ts";

/** What the kernel enforces on a container's first process, and so on all that descends from it. */
export interface IsolationReport {
  runtime: string;
  namespaces: {
    type: "pid" | "mnt" | "net" | "uts" | "ipc" | "user" | "cgroup";
    /** The kernel's number of it: two processes with the same share it. */
    id: number;
    /** Another one than the host's own processes are in. */
    own: boolean;
  }[];
  uidMap: IdRange[];
  gidMap: IdRange[];
  cgroup: CgroupReport;
  capabilities: Record<"effective" | "permitted" | "inheritable" | "bounding" | "ambient", string[]>;
  noNewPrivileges: boolean;
  seccomp: { mode: "disabled" | "strict" | "filter"; filters: number | undefined };
  /** AppArmor's or SELinux' label; undefined where no such module is in force. */
  lsmLabel: string | undefined;
  openFiles: { soft: number | undefined; hard: number | undefined };
  mounts: { target: string; type: string; options: string[] }[];
  network: NetworkReport;
}

export interface IdRange {
  inside: number;
  outside: number;
  count: number;
}

/** Limits are undefined where there is none. */
export interface CgroupReport {
  version: 1 | 2;
  controllers: string[];
  memory: { limitBytes: number | undefined; usedBytes: number; peakBytes: number | undefined };
  /** What may be used of memory and swap together; undefined without swap accounting. */
  swap: { limitBytes: number | undefined; usedBytes: number } | undefined;
  cpu: { quotaUs: number | undefined; periodUs: number; usedMs: number; throttledMs: number };
  pids: { limit: number | undefined; current: number; peak: number | undefined };
  oomKills: number;
  blockIo: BlockIo;
}

export interface NetworkReport {
  interfaces: { name: string; addresses: string[] }[];
  /** The host's rules that hold for it; undefined where they cannot be read. */
  firewall: string[] | undefined;
  /** Why `firewall` is undefined. */
  firewallUnknown: string | undefined;
}
