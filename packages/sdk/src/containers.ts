import { address } from "./address.ts";
import { attach, type Attachment, type AttachOptions } from "./attachment.ts";
import { callOptions, type CallOptions, type ChangeOptions, type RemoveOptions } from "./call-options.ts";
import { ContainerHandle } from "./container-handle.ts";
import { containerLog, type ContainerLogOptions } from "./container-log.ts";
import { waitForContainer, type WaitOptions } from "./container-wait.ts";
import { containerStats } from "./container-stats.ts";
import { download } from "./download.ts";
import { getFiles, putFile, putFiles, type PutFileOptions } from "./files.ts";
import { HafenError } from "./error.ts";
import { exec } from "./exec.ts";
import { execStream, type ExecStream, type ExecStreamRequest } from "./exec-stream.ts";
import { everyItem, type Page } from "./page.ts";
import { connectPort, type PortConnection } from "./port-connection.ts";
import type { TarSource } from "./tar-source.ts";
import type { Transport } from "./transport.ts";
import type {
  Build,
  ChangeList,
  CommitContainer,
  Container,
  ContainerListQuery,
  ContainerStats,
  CreateContainer,
  Exec,
  ExecResult,
  FilesWritten,
  Flow,
  FlowListQuery,
  Isolation,
  KillContainer,
  LogLine,
  ProcessList,
  StopContainer,
  UpdateContainer,
  Waited,
} from "./wire.ts";

export interface GetContainerOptions extends CallOptions {
  /** With the size of its own layer and of its root. */
  size?: boolean | undefined;
}

export interface RemoveContainerOptions extends RemoveOptions {
  /** Also when it runs. */
  force?: boolean | undefined;
  /** Also its anonymous volumes that nobody else mounts. */
  volumes?: boolean | undefined;
}

const USE_WAIT_SECONDS = 60;

/** A container is named by its id or by its owner's name for it. */
export class Containers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Made, and started unless `start` is false. */
  create(body: CreateContainer, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: "/v1/containers", json: body, options });
  }

  list(query: ContainerListQuery = {}, options: CallOptions = {}): Promise<Page<Container>> {
    return this.#transport.json({ method: "GET", path: "/v1/containers", query, options });
  }

  listAll(query: ContainerListQuery = {}, options: CallOptions = {}): AsyncGenerator<Container, void> {
    return everyItem((each: ContainerListQuery) => this.list(each, options), query);
  }

  async get(ref: string, { size, ...options }: GetContainerOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}`, query: { size }, options });
  }

  async start(ref: string, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/start`, options });
  }

  /** Its stop signal, then SIGKILL after `graceSeconds`. */
  async stop(ref: string, body: StopContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/stop`, json: body, options });
  }

  async restart(ref: string, body: StopContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/restart`, json: body, options });
  }

  async kill(ref: string, body: KillContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/kill`, json: body, options });
  }

  /** Freezes its processes where they are. */
  async pause(ref: string, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/pause`, options });
  }

  async unpause(ref: string, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/unpause`, options });
  }

  /** What is left out stays as it is. With `waitSeconds` limits that its host does not take are `limits_refused`. */
  async update(ref: string, body: UpdateContainer, options: RemoveOptions = {}): Promise<Container> {
    return this.#transport.json({ method: "PATCH", path: address`/v1/containers/${ref}`, json: body, options });
  }

  async rename(ref: string, name: string, options: ChangeOptions = {}): Promise<Container> {
    return this.#transport.json({
      method: "POST",
      path: address`/v1/containers/${ref}/rename`,
      json: { name },
      options,
    });
  }

  async remove(ref: string, options: RemoveContainerOptions = {}): Promise<Container> {
    const { force, volumes } = options;
    return this.#transport.json({
      method: "DELETE",
      path: address`/v1/containers/${ref}`,
      query: { force, volumes },
      options: callOptions(options),
    });
  }

  /** Until it has ended, or `timeoutSeconds` have passed. */
  wait(ref: string, options: WaitOptions = {}): Promise<Waited> {
    return waitForContainer(this.#transport, ref, options);
  }

  /**
   * Runs a command in it and answers when the command has ended; an exit code other than 0 is an answer, not an error. It is sent once:
   * after an error it may have run.
   */
  async exec(ref: string, body: Exec, options: ChangeOptions = {}): Promise<ExecResult> {
    return exec(this.#transport, ref, body, options);
  }

  /** Runs a command in it with its streams live. */
  execStream(ref: string, request: ExecStreamRequest, options: CallOptions = {}): Promise<ExecStream> {
    return execStream(this.#transport, ref, request, options);
  }

  /** Its processes, in its own numbers. */
  async top(ref: string, options: CallOptions = {}): Promise<ProcessList> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}/top`, options });
  }

  /** What it talked to, and what it was refused, newest first. */
  async flows(ref: string, query: FlowListQuery = {}, options: CallOptions = {}): Promise<Page<Flow>> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}/flows`, query, options });
  }

  allFlows(ref: string, query: FlowListQuery = {}, options: CallOptions = {}): AsyncGenerator<Flow, void> {
    return everyItem((each: FlowListQuery) => this.flows(ref, each, options), query);
  }

  /** What it uses, a sample each second until it ends. */
  stats(ref: string, options: CallOptions = {}): AsyncGenerator<ContainerStats, void> {
    return containerStats(this.#transport, ref, options);
  }

  /** What it uses now. */
  async statsOnce(ref: string, options: CallOptions = {}): Promise<ContainerStats> {
    const path = address`/v1/containers/${ref}/stats`;
    return this.#transport.json({ method: "GET", path, query: { follow: false }, options });
  }

  /** How its file system differs from its image's. */
  async changes(ref: string, options: CallOptions = {}): Promise<ChangeList> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}/changes`, options });
  }

  /** Its whole file system as one flat tar, without its volumes. */
  export(ref: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    const { signal, timeoutMs = this.#transport.timeoutMs } = options;
    const request = { path: address`/v1/containers/${ref}/export`, accept: "application/x-tar" };
    return download(this.#transport, request, { signal, timeoutMs });
  }

  /** What the kernel enforces on it. */
  async isolation(ref: string, options: CallOptions = {}): Promise<Isolation> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}/isolation`, options });
  }

  /** What it printed; a broken connection is taken up after the last line received. */
  logs(ref: string, options: ContainerLogOptions = {}): AsyncGenerator<LogLine, void> {
    return containerLog(this.#transport, ref, options);
  }

  /** A tar of a file or directory in it, running or not. Breaks off when it is larger than the service gives. */
  getFiles(ref: string, path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return getFiles(this.#transport, { of: "containers", ref }, path, "tar", options);
  }

  /** Unpacks a tar (plain, gzip, zstd) into a directory of it, running or not. */
  putFiles(ref: string, path: string, tar: TarSource, options: CallOptions = {}): Promise<FilesWritten> {
    return putFiles(this.#transport, { of: "containers", ref }, path, tar, options);
  }

  /** The content of a regular file in it. */
  getFile(ref: string, path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return getFiles(this.#transport, { of: "containers", ref }, path, "raw", options);
  }

  /** Writes one file, in a directory that exists. */
  putFile(ref: string, path: string, content: TarSource, options: PutFileOptions = {}): Promise<FilesWritten> {
    return putFile(this.#transport, { of: "containers", ref }, path, content, options);
  }

  /** Its own process's input and output, live. */
  async attach(ref: string, options: AttachOptions = {}): Promise<Attachment> {
    return attach(this.#transport, ref, options);
  }

  /** An image of its files and configuration; answers with the build that the commit runs as. */
  async commit(ref: string, body: CommitContainer = {}, options: ChangeOptions = {}): Promise<Build> {
    return this.#transport.json({ method: "POST", path: address`/v1/containers/${ref}/commit`, json: body, options });
  }

  /** A TCP connection to any port in it, declared or not. */
  async connect(ref: string, port: number, options: CallOptions = {}): Promise<PortConnection> {
    return connectPort(this.#transport, ref, port, options);
  }

  /** A handle on one that exists. */
  async open(ref: string, options: CallOptions = {}): Promise<ContainerHandle> {
    return new ContainerHandle(this, await this.get(ref, options));
  }

  /** A container for a scope: `await using container = await hafen.containers.use({ image })` removes it at the scope's end. */
  async use(body: CreateContainer, options: ChangeOptions = {}): Promise<ContainerHandle> {
    const container = await this.create(body, { waitSeconds: USE_WAIT_SECONDS, ...options });
    const handle = new ContainerHandle(this, container);
    if (container.state !== "failed" && container.state !== "lost") return handle;
    await handle[Symbol.asyncDispose]();
    const why = container.failure ? `${container.failure.code}: ${container.failure.detail}` : "no reason was given";
    throw new HafenError("container_wrong_state", `the container ${container.state}: ${why}`);
  }
}
