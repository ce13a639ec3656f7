import type { EngineId } from "./op.ts";

export interface ContainerSize {
  /** What it wrote over its image: its own layer. */
  writableBytes: number;
  /** All that its root shows: the image and its own layer. */
  rootBytes: number;
}
/** What lies on the engine's disk. */
export interface DiskUsage {
  containers: ({ id: EngineId; name: string } & ContainerSize)[];
  /** Contents alone: empty files and directories count nothing. */
  volumes: { name: string; bytes: number }[];
  images: { id: string; sizeBytes: number; /** In layers that another image has, too. */ sharedBytes: number }[];
}
