import type { Limits } from "./container.ts";
import type { EngineId } from "./op.ts";

export interface BuildRequest {
  /** Plain, checked tar: see core's context re-packing. The Dockerfile in it names only what this user may build on. */
  context: AsyncIterable<Uint8Array>;
  /** Path of the Dockerfile inside the context. */
  dockerfile: string;
  /** Ids of the images that it names: their layers are not the build's. */
  bases: EngineId[];
  target?: string | undefined;
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  noCache: boolean;
  /** Images whose own steps, and those that they stand on, the cache may answer with; undefined: any that the engine has. */
  cacheFrom?: EngineId[] | undefined;
  network: "bridge" | "none";
  limits: BuildLimits;
  /** cgroup that holds this build and nothing else, as `/hafen/bld_…`; the driver makes it, puts the limits on it and removes it. */
  cgroupParent: string;
}
export interface BuildLimits extends Limits {
  /** What one step may write to its layer; the build is ended with `failed.kind = "disk_full"` past it. */
  diskBytes: number;
  /** What the steps may print; the build is ended with `build_failed` past it. */
  outputBytes: number;
}
export type BuildEvent =
  /** `number` counts from 1; `instruction` is the engine's text of it. */
  | { type: "step"; number: number; total: number; instruction: string; atMs: number }
  | { type: "cached"; number: number; atMs: number }
  | { type: "layer"; number: number; imageId: string; atMs: number }
  | { type: "log"; stream: "stdout" | "stderr"; text: string; atMs: number }
  | { type: "image"; imageId: string; atMs: number }
  | { type: "failed"; kind: BuildFailure; message: string; exitCode?: number | undefined; atMs: number };
export type BuildFailure =
  | "dockerfile_invalid"
  | "run_failed"
  | "copy_failed"
  | "base_not_found"
  | "target_not_found"
  | "out_of_memory"
  | "disk_full"
  | "build_failed";
