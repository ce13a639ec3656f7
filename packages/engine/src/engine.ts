import type { BuildEvent, BuildRequest } from "./types/build.ts";
import type { ContainerInfo, ContainerSpec, ContainerSummary, Limits, StopOptions } from "./types/container.ts";
import type { EngineEvent, EngineInfo, EventOptions } from "./types/engine-info.ts";
import type { PathInfo } from "./types/files.ts";
import type { CommitOptions, HistoryEntry, ImageInfo, ImportOptions } from "./types/image.ts";
import type { IsolationReport } from "./types/isolation.ts";
import type { Changes, ContainerProcess, ContainerStats, Usage } from "./types/measures.ts";
import type { EndpointSpec, NetworkInfo, NetworkSpec } from "./types/network.ts";
import type { EngineId, Label, Op } from "./types/op.ts";
import type { PullRequest, PushRequest, RegistryFailure, RegistryLogin, TransferEvent } from "./types/registry.ts";
import type { SecretFile } from "./types/secret.ts";
import type { AttachOptions, ExecSession, ExecSpec, LogChunk, LogOptions, Session } from "./types/streams.ts";
import type { ContainerSize, DiskUsage } from "./types/usage.ts";
import type { VolumeInfo, VolumeSpec } from "./types/volume.ts";

export type * from "./types/build.ts";
export type * from "./types/container.ts";
export type * from "./types/engine-info.ts";
export type * from "./types/files.ts";
export type * from "./types/image.ts";
export type * from "./types/network.ts";
export type * from "./types/isolation.ts";
export type * from "./types/measures.ts";
export type * from "./types/op.ts";
export type * from "./types/registry.ts";
export type * from "./types/secret.ts";
export type * from "./types/streams.ts";
export type * from "./types/usage.ts";
export type * from "./types/volume.ts";

/**
 * The container engine in Hafen's own terms. Drivers speak this and nothing else; no type of a client library leaks out.
 *
 * Rules every driver keeps, and the conformance suite checks:
 * - an absent thing is success for stop and remove, and `undefined` for inspect;
 * - every call may be repeated: the second call finds the work done;
 * - every failure is an `EngineError` with a `kind`; nothing is logged and swallowed. Only when a stream the caller gave breaks,
 *   its own error surfaces, as it came;
 * - the options object with `signal` is the last argument; an aborted call rejects with `kind: "aborted"`.
 */
export interface Engine {
  info(op?: Op): Promise<EngineInfo>;
  /** What happened to labelled containers since `sinceMs` (engine clock), then live until `signal` aborts. */
  events(options: EventOptions): AsyncIterable<EngineEvent>;

  /** Creates, or finds the container that already carries `spec.name`: the name is Hafen's id, so it is the same one. */
  createContainer(spec: ContainerSpec, op?: Op): Promise<EngineId>;
  inspectContainer(id: EngineId, op?: Op): Promise<ContainerInfo | undefined>;
  /**
   * The files in memory of the container that is made with this name, before it is made and before each start, when it takes them as they are;
   * `invalid` where this host has no memory for them.
   */
  putSecretFiles(name: string, files: SecretFile[]): Promise<void>;
  removeSecretFiles(name: string): Promise<void>;
  /** The names of containers that have any. */
  listSecretFiles(): Promise<string[]>;
  /** Containers, running or not, that carry this label. */
  listContainers(label: Label, op?: Op): Promise<ContainerSummary[]>;
  startContainer(id: EngineId, op?: Op): Promise<void>;
  stopContainer(id: EngineId, options: StopOptions): Promise<void>;
  /** Sends one signal; `conflict` when the container does not run. */
  signalContainer(id: EngineId, signal: string, op?: Op): Promise<void>;
  /** Freezes all its processes; `conflict` when it does not run. */
  pauseContainer(id: EngineId, op?: Op): Promise<void>;
  unpauseContainer(id: EngineId, op?: Op): Promise<void>;
  /** Puts other limits on it, running or not; `conflict` when it holds more than the new ones give. */
  updateContainer(id: EngineId, limits: Limits, op?: Op): Promise<void>;
  /** Removes by force. Named volumes are kept. */
  removeContainer(id: EngineId, op?: Op): Promise<void>;
  logs(id: EngineId, options: LogOptions): AsyncIterable<LogChunk>;
  exec(id: EngineId, spec: ExecSpec, op?: Op): Promise<ExecSession>;
  attach(id: EngineId, options: AttachOptions): Promise<Session>;
  /** A tar of `path`, its owners as the container sees them; `not_found` when the path is absent. */
  getArchive(id: EngineId, path: string, op?: Op): Promise<AsyncIterable<Uint8Array>>;
  /** What is at `path`, a link at its end not followed. */
  statPath(id: EngineId, path: string, op?: Op): Promise<PathInfo | undefined>;
  /** Unpacks a tar into the directory `path`, which must exist. `invalid` when a file would replace a directory, or the other way round. */
  putArchive(id: EngineId, path: string, tar: AsyncIterable<Uint8Array>, op?: Op): Promise<void>;
  /**
   * The container's file system and configuration as an image; returns its id. What `createContainer` added on its own account, and
   * `withoutLabels`, are not in it.
   */
  commitContainer(id: EngineId, options: CommitOptions): Promise<string>;
  /** Its whole file system as one flat tar, volumes left out, owners as the container sees them. */
  exportContainer(id: EngineId, op?: Op): Promise<AsyncIterable<Uint8Array>>;
  /** How its file system differs from its image's. */
  changes(id: EngineId, op?: Op): Promise<Changes>;

  /** A cheap reading of what it uses now; undefined when it does not run. */
  usage(id: EngineId, op?: Op): Promise<Usage | undefined>;
  /** A sample soon and then one a second, until it ends; `conflict` when it does not run. */
  stats(id: EngineId, op?: Op): AsyncIterable<ContainerStats>;
  /** Its processes, in the container's own numbers; `conflict` when it does not run. */
  top(id: EngineId, op?: Op): Promise<ContainerProcess[]>;
  /** What the kernel enforces on it, read from the kernel; `conflict` when it does not run. */
  isolation(id: EngineId, op?: Op): Promise<IsolationReport>;

  inspectImage(ref: string, op?: Op): Promise<ImageInfo | undefined>;
  /** Every tag in the engine that starts with `prefix`. */
  listTags(prefix: string, op?: Op): Promise<{ tag: string; imageId: string }[]>;
  tagImage(imageId: string, tag: string, op?: Op): Promise<void>;
  /** Drops a tag, and the image with it when no other tag holds it. */
  removeTag(tag: string, op?: Op): Promise<void>;
  /** Newest first, as `docker history`. */
  imageHistory(imageId: string, op?: Op): Promise<HistoryEntry[]>;
  /** Runs one build; the last event is `image` or `failed`. Leaving the iteration or aborting ends the build and leaves no container. */
  buildImage(request: BuildRequest, op?: Op): AsyncIterable<BuildEvent>;
  /** Ends and removes whatever a build that nobody runs any more left under this cgroup: its worker or the engine was killed. */
  clearBuild(cgroupParent: string, op?: Op): Promise<void>;
  /** A flat root file system becomes a one-layer image; returns its id. */
  importImage(rootfs: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string>;
  /** A `docker save` archive; returns the ids of its images. Sets the tags it names: strip them from what a user sends. */
  loadImages(archive: AsyncIterable<Uint8Array>, op?: Op): Promise<string[]>;
  /** The same archive out of an image, without any name in it. */
  saveImage(imageId: string, op?: Op): Promise<AsyncIterable<Uint8Array>>;

  /** Asks the registry, with this login, which manifest `reference` (`ghcr.io/team/app:1`, or `@sha256:…`) stands for. */
  resolveImage(
    reference: string,
    login: RegistryLogin | undefined,
    op?: Op,
  ): Promise<{ type: "resolved"; digest: string } | RegistryFailure>;
  /** The last event is `pulled` or `failed`. Leaving the iteration or aborting ends it. */
  pullImage(request: PullRequest, op?: Op): AsyncIterable<TransferEvent>;
  /** The last event is `pushed` or `failed`. A killed caller leaves the tag `reference`: `removeTag` it. */
  pushImage(request: PushRequest, op?: Op): AsyncIterable<TransferEvent>;

  /** Creates, or finds the volume that already carries this name. */
  createVolume(spec: VolumeSpec, op?: Op): Promise<void>;
  inspectVolume(name: string, op?: Op): Promise<VolumeInfo | undefined>;
  listVolumes(label: Label, op?: Op): Promise<VolumeInfo[]>;
  /** `conflict` while a container mounts it. */
  removeVolume(name: string, op?: Op): Promise<void>;
  /** Whether it has not even an empty file or directory in it. An absent one has not; `unavailable` where nobody can look. */
  isVolumeEmpty(name: string, op?: Op): Promise<boolean>;

  /** Walks every file of every container and volume: seconds, or minutes. Those who ask while it walks get the same walk. */
  diskUsage(op?: Op): Promise<DiskUsage>;
  /** Walks one container's own layer. */
  containerSize(id: EngineId, op?: Op): Promise<ContainerSize | undefined>;

  /** Creates, or finds the network that already carries this name. */
  createNetwork(spec: NetworkSpec, op?: Op): Promise<void>;
  /** Gives a container that does not run other names on a network it is on; without its hardware address it gets another one. */
  setEndpoint(id: EngineId, network: string, endpoint: EndpointSpec, op?: Op): Promise<void>;
  listNetworks(label: Label, op?: Op): Promise<NetworkInfo[]>;
  /** `conflict` while a container is on it. */
  removeNetwork(name: string, op?: Op): Promise<void>;

  close(): Promise<void>;
}
