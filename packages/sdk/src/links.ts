import { address } from "./address.ts";
import type { CallOptions, ChangeOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CreatedLink, CreateLink, PortLink, PortLinkListQuery } from "./wire.ts";

/** Links into declared ports of containers, for people and programs without a key. */
export class Links {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer holds the link's url and token, once. */
  async create(ref: string, port: number, body: CreateLink = {}, options: ChangeOptions = {}): Promise<CreatedLink> {
    const path = address`/v1/containers/${ref}/ports/${String(port)}/links`;
    return this.#transport.json({ method: "POST", path, json: body, options });
  }

  async list(ref: string, query: PortLinkListQuery = {}, options: CallOptions = {}): Promise<Page<PortLink>> {
    return this.#transport.json({ method: "GET", path: address`/v1/containers/${ref}/links`, query, options });
  }

  listAll(ref: string, query: PortLinkListQuery = {}, options: CallOptions = {}): AsyncGenerator<PortLink, void> {
    return everyItem((each: PortLinkListQuery) => this.list(ref, each, options), query);
  }

  /** What it had opened is cut. */
  async revoke(ref: string, id: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/containers/${ref}/links/${id}`, options });
  }
}
