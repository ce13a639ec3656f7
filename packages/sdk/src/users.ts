import { address } from "./address.ts";
import type { CallOptions, ChangeOptions } from "./call-options.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { CreatedUser, CreateUser, UpdatedUser, UpdateUser, User, UserDetail, UserListQuery } from "./wire.ts";

/** For admins. */
export class Users {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer holds the user's first API key, once. */
  create(body: CreateUser, options: ChangeOptions = {}): Promise<CreatedUser> {
    return this.#transport.json({ method: "POST", path: "/v1/users", json: body, options });
  }

  list(query: UserListQuery = {}, options: CallOptions = {}): Promise<Page<User>> {
    return this.#transport.json({ method: "GET", path: "/v1/users", query, options });
  }

  listAll(query: UserListQuery = {}, options: CallOptions = {}): AsyncGenerator<User, void> {
    return everyItem((each: UserListQuery) => this.list(each, options), query);
  }

  /** Of one that is being removed: what is left. */
  async get(ref: string, options: CallOptions = {}): Promise<UserDetail> {
    return this.#transport.json({ method: "GET", path: address`/v1/users/${ref}`, options });
  }

  /** Whoever becomes an admin gets a key with that scope, in the answer, once. */
  async update(ref: string, body: UpdateUser, options: CallOptions = {}): Promise<UpdatedUser> {
    return this.#transport.json({ method: "PATCH", path: address`/v1/users/${ref}`, json: body, options });
  }

  /** Answers at once with what goes; `get` says what is left, and at the end `removed`. */
  async remove(ref: string, options: CallOptions = {}): Promise<UserDetail> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/users/${ref}`, options });
  }
}
