import { address } from "./address.ts";
import type { CallOptions, ChangeOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CreatedKey, CreateKey, Key, KeyListQuery } from "./wire.ts";

/** One's own API keys. */
export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer holds the key itself, once. */
  create(body: CreateKey, options: ChangeOptions = {}): Promise<CreatedKey> {
    return this.#transport.json({ method: "POST", path: "/v1/keys", json: body, options });
  }

  list(query: KeyListQuery = {}, options: CallOptions = {}): Promise<Page<Key>> {
    return this.#transport.json({ method: "GET", path: "/v1/keys", query, options });
  }

  listAll(query: KeyListQuery = {}, options: CallOptions = {}): AsyncGenerator<Key, void> {
    return everyItem((each: KeyListQuery) => this.list(each, options), query);
  }

  async revoke(ref: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/keys/${ref}`, options });
  }
}
