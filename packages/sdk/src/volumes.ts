import { address } from "./address.ts";
import type { CallOptions, ChangeOptions, RemoveOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CreateVolume, Volume, VolumeListQuery } from "./wire.ts";

export interface GetVolumeOptions extends CallOptions {
  /** With how much it holds. */
  size?: boolean | undefined;
}

export class Volumes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(body: CreateVolume, options: ChangeOptions = {}): Promise<Volume> {
    return this.#transport.json({ method: "POST", path: "/v1/volumes", json: body, options });
  }

  list(query: VolumeListQuery = {}, options: CallOptions = {}): Promise<Page<Volume>> {
    return this.#transport.json({ method: "GET", path: "/v1/volumes", query, options });
  }

  listAll(query: VolumeListQuery = {}, options: CallOptions = {}): AsyncGenerator<Volume, void> {
    return everyItem((each: VolumeListQuery) => this.list(each, options), query);
  }

  async get(ref: string, { size, ...options }: GetVolumeOptions = {}): Promise<Volume> {
    return this.#transport.json({ method: "GET", path: address`/v1/volumes/${ref}`, query: { size }, options });
  }

  /** With its data. One that a container mounts is refused: volume_in_use. */
  async remove(ref: string, options: RemoveOptions = {}): Promise<Volume> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/volumes/${ref}`, options });
  }
}
