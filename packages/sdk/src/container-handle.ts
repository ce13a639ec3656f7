import type { Attachment, AttachOptions } from "./attachment.ts";
import type { CallOptions, ChangeOptions, RemoveOptions } from "./call-options.ts";
import type { ContainerLogOptions } from "./container-log.ts";
import type { WaitOptions } from "./container-wait.ts";
import type { Containers, RemoveContainerOptions } from "./containers.ts";
import { HafenError } from "./error.ts";
import type { PutFileOptions } from "./files.ts";
import type { PortConnection } from "./port-connection.ts";
import type { ExecStream, ExecStreamRequest } from "./exec-stream.ts";
import type { TarSource } from "./tar-source.ts";
import type {
  ChangeList,
  Container,
  ContainerStats,
  Exec,
  ExecResult,
  FilesWritten,
  Isolation,
  KillContainer,
  LogLine,
  Flow,
  FlowListQuery,
  ProcessList,
  StopContainer,
  UpdateContainer,
  Waited,
} from "./wire.ts";

const DISPOSE_WAIT_SECONDS = 60;

/** One container: what `Containers` offers, without saying which each time. */
export class ContainerHandle {
  readonly id: string;
  readonly #containers: Containers;
  #container: Container;

  constructor(containers: Containers, container: Container) {
    this.id = container.id;
    this.#containers = containers;
    this.#container = container;
  }

  /** As the service last told; `refresh` asks again. */
  get container(): Container {
    return this.#container;
  }

  async refresh(options: CallOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.get(this.id, options));
  }

  async start(options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.start(this.id, options));
  }

  async stop(body: StopContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.stop(this.id, body, options));
  }

  async restart(body: StopContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.restart(this.id, body, options));
  }

  async kill(body: KillContainer = {}, options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.kill(this.id, body, options));
  }

  async pause(options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.pause(this.id, options));
  }

  async unpause(options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.unpause(this.id, options));
  }

  async update(body: UpdateContainer, options: RemoveOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.update(this.id, body, options));
  }

  async rename(name: string, options: ChangeOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.rename(this.id, name, options));
  }

  async remove(options: RemoveContainerOptions = {}): Promise<Container> {
    return (this.#container = await this.#containers.remove(this.id, options));
  }

  wait(options: WaitOptions = {}): Promise<Waited> {
    return this.#containers.wait(this.id, options);
  }

  exec(body: Exec, options: ChangeOptions = {}): Promise<ExecResult> {
    return this.#containers.exec(this.id, body, options);
  }

  execStream(request: ExecStreamRequest, options: CallOptions = {}): Promise<ExecStream> {
    return this.#containers.execStream(this.id, request, options);
  }

  top(options: CallOptions = {}): Promise<ProcessList> {
    return this.#containers.top(this.id, options);
  }

  flows(query: FlowListQuery = {}, options: CallOptions = {}): AsyncGenerator<Flow, void> {
    return this.#containers.allFlows(this.id, query, options);
  }

  stats(options: CallOptions = {}): AsyncGenerator<ContainerStats, void> {
    return this.#containers.stats(this.id, options);
  }

  statsOnce(options: CallOptions = {}): Promise<ContainerStats> {
    return this.#containers.statsOnce(this.id, options);
  }

  changes(options: CallOptions = {}): Promise<ChangeList> {
    return this.#containers.changes(this.id, options);
  }

  export(options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return this.#containers.export(this.id, options);
  }

  isolation(options: CallOptions = {}): Promise<Isolation> {
    return this.#containers.isolation(this.id, options);
  }

  logs(options: ContainerLogOptions = {}): AsyncGenerator<LogLine, void> {
    return this.#containers.logs(this.id, options);
  }

  getFiles(path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return this.#containers.getFiles(this.id, path, options);
  }

  putFiles(path: string, tar: TarSource, options: CallOptions = {}): Promise<FilesWritten> {
    return this.#containers.putFiles(this.id, path, tar, options);
  }

  getFile(path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return this.#containers.getFile(this.id, path, options);
  }

  putFile(path: string, content: TarSource, options: PutFileOptions = {}): Promise<FilesWritten> {
    return this.#containers.putFile(this.id, path, content, options);
  }

  attach(options: AttachOptions = {}): Promise<Attachment> {
    return this.#containers.attach(this.id, options);
  }

  connect(port: number, options: CallOptions = {}): Promise<PortConnection> {
    return this.#containers.connect(this.id, port, options);
  }

  /** Removes it, running or not, with its anonymous volumes; one that is gone already is what was wanted. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.remove({ force: true, volumes: true, waitSeconds: DISPOSE_WAIT_SECONDS });
    } catch (error) {
      if (!(error instanceof HafenError && error.code === "container_not_found")) throw error;
    }
  }
}
