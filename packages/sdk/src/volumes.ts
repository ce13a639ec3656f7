import { address } from "./address.ts";
import type { CallOptions, ChangeOptions, RemoveOptions } from "./call-options.ts";
import { getFiles, putFile, putFiles, type PutFileOptions } from "./files.ts";
import { everyItem, type Page } from "./page.ts";
import type { TarSource } from "./tar-source.ts";
import type { Transport } from "./transport.ts";
import type { CloneVolume, CreateVolume, FilesWritten, Volume, VolumeListQuery } from "./wire.ts";

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

  /** Another volume with the data of this one; with `waitSeconds`, once it has them. */
  async clone(ref: string, body: CloneVolume, options: ChangeOptions = {}): Promise<Volume> {
    return this.#transport.json({ method: "POST", path: address`/v1/volumes/${ref}/clone`, json: body, options });
  }

  /** A tar of a file or directory in it, `/` being all of it. Breaks off when it is larger than the service gives. */
  getFiles(ref: string, path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return getFiles(this.#transport, { of: "volumes", ref }, path, "tar", options);
  }

  /** Unpacks a tar (plain, gzip, zstd) into a directory of it. */
  putFiles(ref: string, path: string, tar: TarSource, options: CallOptions = {}): Promise<FilesWritten> {
    return putFiles(this.#transport, { of: "volumes", ref }, path, tar, options);
  }

  /** The content of a regular file in it. */
  getFile(ref: string, path: string, options: CallOptions = {}): AsyncGenerator<Uint8Array, void> {
    return getFiles(this.#transport, { of: "volumes", ref }, path, "raw", options);
  }

  /** Writes one file, in a directory that exists. */
  putFile(ref: string, path: string, content: TarSource, options: PutFileOptions = {}): Promise<FilesWritten> {
    return putFile(this.#transport, { of: "volumes", ref }, path, content, options);
  }
}
