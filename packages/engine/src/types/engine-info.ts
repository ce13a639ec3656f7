import type { EngineId, Label } from "./op.ts";

export interface EngineInfo {
  /** Stable identity of the engine's data root. */
  id: string;
  version: string;
  apiVersion: string;
  cpus: number;
  memoryBytes: number;
  cgroupVersion: 1 | 2;
  storageDriver: string;
  runtimes: string[];
  /** The programs it is made of: `engine`, `containerd`, `runc`, … */
  components: EngineComponent[];
  /** What the engine itself protects with; `hosts` shows which are missing. */
  protections: { userNamespaces: boolean; seccomp: boolean; liveRestore: boolean; noNewPrivileges: boolean };
}

export interface EngineComponent {
  name: string;
  version: string;
  /** What it was built from: on Debian the package's version, which tells what was mended without a new upstream version. */
  build: string;
}

export interface EventOptions {
  label: Label;
  /** Milliseconds of the Unix epoch; 0 for only what is to come. */
  sinceMs: number;
  signal: AbortSignal;
}
export interface EngineEvent {
  action: "create" | "start" | "die" | "oom" | "destroy" | "pause" | "unpause" | "rename" | "health";
  containerId: EngineId;
  /** The container's labels, in which `hafen.id` names the row. */
  labels: Record<string, string>;
  atMs: number;
}
