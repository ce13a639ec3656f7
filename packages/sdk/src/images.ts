import { address } from "./address.ts";
import { callOptions, type CallOptions, type ChangeOptions } from "./call-options.ts";
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
    const { tag, catalog, command } = options;
    return this.#transport.json({
      method: "POST",
      path: "/v1/images/import",
      query: { tag, catalog, command: command && JSON.stringify(command) },
      upload: { ...(await uploadOf(tar)), contentType: "application/x-tar" },
      options: callOptions(options),
    });
  }
}
