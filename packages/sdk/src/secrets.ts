import { address } from "./address.ts";
import { base64 } from "./base64.ts";
import type { CallOptions } from "./call-options.ts";
import type { Transport } from "./transport.ts";
import type { Secret } from "./wire.ts";

/** Values for one's containers that are never shown again. */
export class Secrets {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(options: CallOptions = {}): Promise<Secret[]> {
    const call = { method: "GET", path: "/v1/secrets", options } as const;
    return (await this.#transport.json<{ items: Secret[] }>(call)).items;
  }

  async get(name: string, options: CallOptions = {}): Promise<Secret> {
    return this.#transport.json({ method: "GET", path: address`/v1/secrets/${name}`, options });
  }

  /** In place of the value of before; containers get it when they next start. */
  async store(name: string, value: string | Uint8Array, options: CallOptions = {}): Promise<Secret> {
    const json = typeof value === "string" ? { value } : { value: base64(value), encoding: "base64" };
    return this.#transport.json({ method: "PUT", path: address`/v1/secrets/${name}`, json, options });
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/secrets/${name}`, options });
  }
}
