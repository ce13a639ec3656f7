import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { Host, HostCheck, HostListQuery } from "./wire.ts";

/** For admins. */
export class Hosts {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: HostListQuery = {}, options: CallOptions = {}): Promise<Page<Host>> {
    return this.#transport.json({ method: "GET", path: "/v1/hosts", query, options });
  }

  listAll(query: HostListQuery = {}, options: CallOptions = {}): AsyncGenerator<Host, void> {
    return everyItem((each: HostListQuery) => this.list(each, options), query);
  }

  async get(ref: string, options: CallOptions = {}): Promise<Host> {
    return this.#transport.json({ method: "GET", path: address`/v1/hosts/${ref}`, options });
  }

  /** Examines the machine now. */
  check(ref: string, options: CallOptions = {}): Promise<HostCheck> {
    return this.#transport.json({ method: "GET", path: address`/v1/hosts/${ref}/check`, options });
  }
}
