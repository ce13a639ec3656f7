import type { QueryValue } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

export interface Download {
  path: string;
  query?: Record<string, QueryValue>;
  /** The media type asked for. */
  accept: string;
}

/** Bytes as they come; `timeoutMs` limits the way to the first of them. Not resumed: what is copied changes. */
export async function* download(
  transport: Transport,
  { path, query = {}, accept }: Download,
  { signal, timeoutMs }: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const deadline = new Deadline(signal, timeoutMs);
  try {
    const headers = { accept: `${accept}, application/problem+json` };
    yield* connect(transport, { path, query, headers, deadline });
  } finally {
    deadline.close();
  }
}
