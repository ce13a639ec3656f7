import { callOptions, type CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline, pause } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { follow } from "./follow.ts";
import { parseJson } from "./json-text.ts";
import { ndjson } from "./ndjson.ts";
import { ATTEMPTS, backoffMs, mayHelp } from "./retry.ts";
import type { Transport } from "./transport.ts";
import type { Event } from "./wire.ts";

export interface EventQuery {
  /** Only this type, or with a trailing dot this family: `container.` */
  type?: Event["type"] | `${string}.` | undefined;
  /** Only what is about this id. */
  subject?: string | undefined;
  /** `evt_…`: what came after it; `start`: all that is kept. */
  since?: string | undefined;
}

export interface EventStreamOptions extends EventQuery, CallOptions {}

/** What happened to one's things, in order. */
export class Events {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What comes, from `since` on or from now; it ends when the reader leaves or `signal` fires. */
  async *stream(options: EventStreamOptions = {}): AsyncGenerator<Event, void> {
    const { type, subject, since } = options;
    const request = { path: "/v1/events", query: { type, subject, follow: true }, beginning: { since } };
    for await (const { data } of follow(this.#transport, request, callOptions(options))) {
      yield parseJson(data, "an event") as Event;
    }
  }

  /** What has happened so far, since `since` or all that is kept. Every event at once: for a long past read `listAll`. */
  async list(query: EventQuery = {}, options: CallOptions = {}): Promise<Event[]> {
    const events: Event[] = [];
    for await (const event of this.listAll(query, options)) events.push(event);
    return events;
  }

  /** The same, one by one. */
  async *listAll(query: EventQuery = {}, options: CallOptions = {}): AsyncGenerator<Event, void> {
    const whole = new Deadline(options.signal, options.timeoutMs);
    const headers = { accept: "application/x-ndjson" };
    let since = query.since ?? "start";
    try {
      for (let attempt = 1; ; attempt++) {
        const deadline = new Deadline(whole.signal, this.#transport.timeoutMs);
        try {
          const chunks = connect(this.#transport, {
            path: "/v1/events",
            query: { ...query, since, follow: false },
            headers,
            deadline,
          });
          for await (const event of ndjson<Event>(chunks)) {
            yield event;
            since = event.id;
            attempt = 1;
          }
          return;
        } catch (cause) {
          const error = whole.error ?? cause;
          if (!(error instanceof HafenError) || attempt >= ATTEMPTS || !mayHelp(error)) throw error;
          await pause(error.retryAfterMs ?? backoffMs(attempt), whole);
        } finally {
          deadline.close();
        }
      }
    } finally {
      whole.close();
    }
  }
}
