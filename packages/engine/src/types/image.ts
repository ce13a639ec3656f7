import type { Op } from "./op.ts";

/** What an image says of itself, with Docker's meaning. */
export interface ImageConfig {
  entrypoint: string[];
  command: string[];
  env: string[];
  workingDir: string;
  user: string;
  exposedPorts: string[];
  volumes: string[];
  labels: Record<string, string>;
  onBuild: string[];
  stopSignal?: string | undefined;
  healthcheck?:
    | { test: string[]; intervalMs?: number; timeoutMs?: number; startPeriodMs?: number; retries?: number }
    | undefined;
}
export interface ImageInfo {
  /** `sha256:…` of the image's configuration. */
  id: string;
  tags: string[];
  sizeBytes: number;
  architecture: string;
  os: string;
  createdAt: string;
  config: ImageConfig;
  /** Digests of the layers' uncompressed contents, base first. */
  diffIds: string[];
}
export interface HistoryEntry {
  /** `sha256:…`, or undefined where there is no image (`<missing>`). */
  imageId?: string | undefined;
  createdAt: string;
  createdBy: string;
  sizeBytes: number;
  comment: string;
  /** Whether it made one of the image's layers: those that did are the `diffIds`, the other way round. */
  layer: boolean;
}

export interface CommitOptions extends Op {
  /** Holds the image from its first moment, so that one that a killed caller left is found again. */
  tag: string;
  /** Stands the container still meanwhile. */
  pause: boolean;
  message: string;
  author: string;
  /** Dockerfile instructions applied to the configuration. */
  changes: string[];
  /** In place of the container's: engines up to 20.10 take no STOPSIGNAL among `changes`. */
  stopSignal?: string | undefined;
  /** Keys of labels that the caller gave the container for itself. */
  withoutLabels: readonly string[];
}

export interface ImportOptions extends Op {
  /** Dockerfile instructions applied to the result, such as `CMD ["bash"]`. */
  changes: string[];
}
