import type { CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline, pause } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { EventStreamParser, type ServerEvent } from "./event-stream.ts";
import type { QueryValue } from "./address.ts";
import { ATTEMPTS, backoffMs, mayHelp } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** Attempts in a row without a word from the service, once it had spoken: time enough for it to restart. */
const RECONNECTS = 10;
/** Silence after which a connection counts as dead, on services that send comments to show that it lives. */
const SILENCE_MS = 60_000;

export interface FollowRequest {
  path: string;
  /** Sent always. */
  query: Record<string, QueryValue>;
  /** Sent until there is an id to go on from: where to begin. Later it would cut lines off. */
  beginning?: Record<string, QueryValue>;
  lastEventId?: string | undefined;
}

/**
 * The events of a stream, over as many connections as it takes; each goes on after the last event received.
 * It ends when the reader leaves; a stream that has a last event is left by its reader there.
 */
export async function* follow(
  transport: Transport,
  request: FollowRequest,
  options: CallOptions,
): AsyncGenerator<ServerEvent, never> {
  const whole = new Deadline(options.signal, options.timeoutMs);
  let lastEventId = request.lastEventId ?? "";
  let retryMs: number | undefined;
  let spoke = false;
  let failures = 0;
  try {
    while (true) {
      const deadline = new Deadline(whole.signal, transport.timeoutMs);
      const resumes = lastEventId !== "";
      const query = resumes ? request.query : { ...request.query, ...request.beginning };
      const headers = { accept: "text/event-stream", ...(resumes ? { "last-event-id": lastEventId } : {}) };
      const parser = new EventStreamParser(lastEventId);
      let error = new HafenError("network", "the stream ended before its time");
      try {
        for await (const chunk of connect(transport, { path: request.path, query, headers, deadline })) {
          spoke = true;
          failures = 0;
          yield* parser.push(chunk);
          if (parser.sawComment) deadline.arm(SILENCE_MS);
        }
      } catch (cause) {
        if (!(cause instanceof HafenError)) throw cause;
        error = whole.error ?? cause;
      } finally {
        deadline.close();
      }
      lastEventId = parser.lastEventId;
      retryMs = parser.retryMs ?? retryMs;
      failures += 1;
      // A connection's own time limit is a dead connection; the caller's would be in `whole`.
      if (whole.error || !(mayHelp(error) || error.code === "timeout")) throw error;
      if (failures >= (spoke ? RECONNECTS : ATTEMPTS)) throw error;
      await pause(error.retryAfterMs ?? backoffMs(failures, retryMs), whole);
    }
  } finally {
    whole.close();
  }
}
