import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** The bytes of the archive; `timeoutMs` limits the way to the first of them, before which the host writes all layers down. */
export async function* imageArchive(
  transport: Transport,
  ref: string,
  { signal, timeoutMs }: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const deadline = new Deadline(signal, timeoutMs);
  try {
    const headers = { accept: "application/x-tar, application/problem+json" };
    yield* connect(transport, { path: address`/v1/images/${ref}/export`, query: {}, headers, deadline });
  } finally {
    deadline.close();
  }
}
