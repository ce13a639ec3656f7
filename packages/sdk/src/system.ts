import type { CallOptions, ChangeOptions } from "./call-options.ts";
import type { Transport } from "./transport.ts";
import type { DiskUsage, Prune, Pruned, Retention } from "./wire.ts";

/** Counting and removing go file by file. */
const HOUSEKEEPING_MS = 300_000;

export interface DiskUsageOptions extends CallOptions {
  /** With each thing by itself. */
  verbose?: boolean | undefined;
}

/** What lies around: how much it takes, what of it may go, and when it goes by itself. */
export class System {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  diskUsage({ verbose, ...options }: DiskUsageOptions = {}): Promise<DiskUsage> {
    return this.#transport.json({
      method: "GET",
      path: "/v1/system/df",
      query: { verbose },
      options: { timeoutMs: HOUSEKEEPING_MS, ...options },
    });
  }

  /** With `dryRun` nothing goes. A volume that holds data goes only when it is named. */
  prune(body: Prune, options: ChangeOptions = {}): Promise<Pruned> {
    return this.#transport.json({
      method: "POST",
      path: "/v1/prune",
      json: body,
      options: { timeoutMs: HOUSEKEEPING_MS, ...options },
    });
  }

  retention(options: CallOptions = {}): Promise<Retention> {
    return this.#transport.json({ method: "GET", path: "/v1/retention", options });
  }

  setRetention(policy: Retention, options: CallOptions = {}): Promise<Retention> {
    return this.#transport.json({ method: "PUT", path: "/v1/retention", json: policy, options });
  }
}
