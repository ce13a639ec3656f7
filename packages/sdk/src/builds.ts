import { address } from "./address.ts";
import { base64 } from "./base64.ts";
import { buildLog, type BuildLogOptions } from "./build-log.ts";
import { callOptions, type CallOptions, type ChangeOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import { uploadOf, type TarSource } from "./tar-source.ts";
import type { Transport } from "./transport.ts";
import type { Build, BuildListQuery, BuildLogLine, BuildSummary } from "./wire.ts";

export interface BuildOptions extends ChangeOptions {
  /** The image's name: app, or team/app:1 */
  tag?: string | undefined;
  /** Its path in the context; default Dockerfile. */
  dockerfile?: string | undefined;
  target?: string | undefined;
  noCache?: boolean | undefined;
  buildArgs?: Record<string, string> | undefined;
  labels?: Record<string, string> | undefined;
}

export interface BuildFiles {
  /** The Dockerfile's text. */
  dockerfile: string;
  /** The rest of the build context, path to contents. */
  files?: Record<string, string | Uint8Array> | undefined;
}

export interface BuildWaitOptions extends CallOptions {
  /** Called with each line of the log as it comes. */
  onLine?: ((line: BuildLogLine) => void) | undefined;
}

export class Builds {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** From a build context as a tar: plain, gzip or zstd, told by its first bytes. */
  async create(tar: TarSource, options: BuildOptions = {}): Promise<Build> {
    const { tag, dockerfile, target, noCache, buildArgs, labels } = options;
    return this.#transport.json({
      method: "POST",
      path: "/v1/builds",
      query: {
        tag,
        dockerfile,
        target,
        noCache,
        buildArgs: buildArgs && JSON.stringify(buildArgs),
        labels: labels && JSON.stringify(labels),
      },
      upload: await uploadOf(tar),
      options: callOptions(options),
    });
  }

  /** From a Dockerfile and a few small files, without a tar. */
  createFromFiles({ dockerfile, files = {} }: BuildFiles, options: BuildOptions = {}): Promise<Build> {
    const { tag, dockerfile: path = "Dockerfile", target, noCache, buildArgs, labels } = options;
    const all = Object.entries({ ...files, [path]: dockerfile }).map(
      ([name, contents]) => [name, base64(contents)] as const,
    );
    return this.#transport.json({
      method: "POST",
      path: "/v1/builds",
      json: { tag, dockerfile: path, target, noCache, buildArgs, labels, files: Object.fromEntries(all) },
      options: callOptions(options),
    });
  }

  list(query: BuildListQuery = {}, options: CallOptions = {}): Promise<Page<BuildSummary>> {
    return this.#transport.json({ method: "GET", path: "/v1/builds", query, options });
  }

  listAll(query: BuildListQuery = {}, options: CallOptions = {}): AsyncGenerator<BuildSummary, void> {
    return everyItem((each: BuildListQuery) => this.list(each, options), query);
  }

  async get(id: string, options: CallOptions = {}): Promise<Build> {
    return this.#transport.json({ method: "GET", path: address`/v1/builds/${id}`, options });
  }

  async cancel(id: string, options: ChangeOptions = {}): Promise<Build> {
    return this.#transport.json({ method: "POST", path: address`/v1/builds/${id}/cancel`, options });
  }

  /** One that has ended, with its log; its image stays. */
  async remove(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: address`/v1/builds/${id}`, options });
  }

  /** Each line once and in order, over broken connections too. As a generator it returns the build. */
  logs(id: string, options: BuildLogOptions = {}): AsyncGenerator<BuildLogLine, Build> {
    return buildLog(this.#transport, id, options);
  }

  /** The build, ended, whether well or not: look at `state` and `failure`. */
  async wait(id: string, options: BuildWaitOptions = {}): Promise<Build> {
    const { signal, timeoutMs, onLine } = options;
    const log = buildLog(this.#transport, id, { follow: true, signal, timeoutMs });
    let next = await log.next();
    for (; !next.done; next = await log.next()) onLine?.(next.value);
    return next.value;
  }
}
