import { callOptions, type CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import { ndjson } from "./ndjson.ts";
import { everyItem, type Page } from "./page.ts";
import type { Transport } from "./transport.ts";
import type { AuditLine, AuditListQuery } from "./wire.ts";

/** Who changed what: of oneself, and with the scope admin of everybody. */
export class Audit {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Newest first. */
  list(query: AuditListQuery = {}, options: CallOptions = {}): Promise<Page<AuditLine>> {
    return this.#transport.json({ method: "GET", path: "/v1/audit", query, options });
  }

  listAll(query: AuditListQuery = {}, options: CallOptions = {}): AsyncGenerator<AuditLine, void> {
    return everyItem((each: AuditListQuery) => this.list(each, options), query);
  }

  /** All of it, oldest first, in one answer. */
  async *export(
    query: Omit<AuditListQuery, "limit" | "cursor"> = {},
    options: CallOptions = {},
  ): AsyncGenerator<AuditLine, void> {
    const { signal, timeoutMs } = callOptions(options);
    const deadline = new Deadline(signal, timeoutMs);
    try {
      yield* ndjson<AuditLine>(
        connect(this.#transport, { path: "/v1/audit", query, headers: { accept: "application/x-ndjson" }, deadline }),
      );
    } finally {
      deadline.close();
    }
  }
}
