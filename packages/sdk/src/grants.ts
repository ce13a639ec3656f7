import { address } from "./address.ts";
import type { CallOptions, ChangeOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CreateGrant, Grant, GrantListQuery } from "./wire.ts";

type Of = { image: string } | { volume: string };

/** What users let each other look at or use. */
export class Grants {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Lets another user read or use an image or a volume of one's own. */
  async create(of: Of, body: CreateGrant, options: ChangeOptions = {}): Promise<Grant> {
    return this.#transport.json({ method: "POST", path: pathOf(of), json: body, options });
  }

  /** Those of an image or a volume of one's own. */
  async given(of: Of, options: CallOptions = {}): Promise<Grant[]> {
    const { items } = await this.#transport.json<{ items: Grant[] }>({ method: "GET", path: pathOf(of), options });
    return items;
  }

  async revoke(of: Of, id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ method: "DELETE", path: `${pathOf(of)}${address`/${id}`}`, options });
  }

  /** Those that others gave to oneself. */
  received(query: GrantListQuery = {}, options: CallOptions = {}): Promise<Page<Grant>> {
    return this.#transport.json({ method: "GET", path: "/v1/grants", query, options });
  }

  receivedAll(query: GrantListQuery = {}, options: CallOptions = {}): AsyncGenerator<Grant, void> {
    return everyItem((each: GrantListQuery) => this.received(each, options), query);
  }
}

function pathOf(of: Of): string {
  return "image" in of ? address`/v1/images/${of.image}/grants` : address`/v1/volumes/${of.volume}/grants`;
}
