import { address } from "./address.ts";
import { callOptions, type CallOptions, type ChangeOptions } from "./call-options.ts";
import { download } from "./download.ts";
import { everyItem, type Page } from "./page.ts";
import { uploadOf, type TarSource } from "./tar-source.ts";
import type { Transport } from "./transport.ts";
import type { Build, HistoryEntry, Image, ImageListQuery, ImageSummary, ImageTree, RemovedImage } from "./wire.ts";

export interface ImportOptions extends ChangeOptions {
  tag?: string | undefined;
  /** Offer it to everyone; admins only. */
  catalog?: boolean | undefined;
  /** For a root file system: its CMD. */
  command?: string[] | undefined;
  /** For a root file system: Dockerfile instructions for its configuration. */
  changes?: string[] | undefined;
  /** Give it the names that a `docker save` archive has for it. */
  keepTags?: boolean | undefined;
}

export interface PullOptions extends ChangeOptions {
  /** Default: the reference, as docker names it. */
  tag?: string | undefined;
  /** As linux/amd64. */
  platform?: string | undefined;
}

/** An image is named by id, by `sha256:…`, or by tag. */
export class Images {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One's own and the catalog's. */
  list(query: ImageListQuery = {}, options: CallOptions = {}): Promise<Page<ImageSummary>> {
    return this.#transport.json({ method: "GET", path: "/v1/images", query, options });
  }

  listAll(query: ImageListQuery = {}, options: CallOptions = {}): AsyncGenerator<ImageSummary, void> {
    return everyItem((each: ImageListQuery) => this.list(each, options), query);
  }

  async get(ref: string, options: CallOptions = {}): Promise<Image> {
    return this.#transport.json({ method: "GET", path: address`/v1/images/${ref}`, options });
  }

  /** The newest layer first. */
  async history(ref: string, options: CallOptions = {}): Promise<HistoryEntry[]> {
    const { items } = await this.#transport.json<{ items: HistoryEntry[] }>({
      method: "GET",
      path: address`/v1/images/${ref}/history`,
      options,
    });
    return items;
  }

  /** Which layers one's own images and the catalog's share, and what removing one would free. */
  tree(options: CallOptions = {}): Promise<ImageTree> {
    return this.#transport.json({ method: "GET", path: "/v1/image-tree", options });
  }

  /** A tag that another image of one's own has moves to this one. */
  async tag(ref: string, tag: string, options: ChangeOptions = {}): Promise<Image> {
    return this.#transport.json({ method: "POST", path: address`/v1/images/${ref}/tags`, json: { tag }, options });
  }

  /** By tag: that tag, and the image with its last one. By id: the image and all its tags. */
  async remove(ref: string, options: CallOptions = {}): Promise<RemovedImage> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/images/${ref}`, options });
  }

  /** From a tar of a root file system or a `docker save` archive; answers with the build that the import runs as. */
  async import(tar: TarSource, options: ImportOptions = {}): Promise<Build> {
    const { tag, catalog, command, changes, keepTags } = options;
    return this.#transport.json({
      method: "POST",
      path: "/v1/images/import",
      query: {
        tag,
        catalog,
        keepTags,
        command: command && JSON.stringify(command),
        changes: changes && JSON.stringify(changes),
      },
      upload: { ...(await uploadOf(tar)), contentType: "application/x-tar" },
      options: callOptions(options),
    });
  }

  /** Out of a registry, with what `registries.store` keeps for it; answers with the build that the pull runs as. */
  pull(reference: string, options: PullOptions = {}): Promise<Build> {
    const { tag, platform } = options;
    const json = { reference, tag, platform };
    return this.#transport.json({ method: "POST", path: "/v1/images/pull", json, options: callOptions(options) });
  }

  /** Into a registry, as `reference`; answers with the build that the push runs as. */
  async push(ref: string, reference: string, options: ChangeOptions = {}): Promise<Build> {
    return this.#transport.json({
      method: "POST",
      path: address`/v1/images/${ref}/push`,
      json: { reference },
      options,
    });
  }

  /** A `docker save` archive. Named by tag it holds that tag, named by id all of one's own. Breaks when it cannot be whole. */
  export(ref: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return download(this.#transport, { path: address`/v1/images/${ref}/export`, accept: "application/x-tar" }, options);
  }
}
