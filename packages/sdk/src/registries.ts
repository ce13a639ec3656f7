import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import type { Transport } from "./transport.ts";
import type { RegistryCredential, StoreCredential } from "./wire.ts";

/** What one shows each registry when images are pulled and pushed. A registry is its host, or host:port. */
export class Registries {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Names and users; the secrets are never shown again. */
  async list(options: CallOptions = {}): Promise<RegistryCredential[]> {
    const call = { method: "GET", path: "/v1/registries", options } as const;
    return (await this.#transport.json<{ items: RegistryCredential[] }>(call)).items;
  }

  /** In place of what was stored for it before. */
  async store(registry: string, body: StoreCredential, options: CallOptions = {}): Promise<RegistryCredential> {
    return this.#transport.json({ method: "PUT", path: address`/v1/registries/${registry}`, json: body, options });
  }

  async remove(registry: string, options: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: address`/v1/registries/${registry}`, options });
  }
}
