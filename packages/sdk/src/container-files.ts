import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** The bytes of the tar; `timeoutMs` limits the way to the first of them. Not resumed: a tar changes with its files. */
export async function* containerFiles(
  transport: Transport,
  ref: string,
  path: string,
  { signal, timeoutMs = transport.timeoutMs }: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const deadline = new Deadline(signal, timeoutMs);
  try {
    const headers = { accept: "application/x-tar, application/problem+json" };
    yield* connect(transport, { path: address`/v1/containers/${ref}/files`, query: { path }, headers, deadline });
  } finally {
    deadline.close();
  }
}
