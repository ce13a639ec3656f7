import { address, type QueryValue } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { connect } from "./connect.ts";
import { Deadline } from "./deadline.ts";
import type { Transport } from "./transport.ts";

export async function* containerFiles(
  transport: Transport,
  ref: string,
  path: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  yield* tar(transport, address`/v1/containers/${ref}/files`, { path }, options);
}

/** All of its file system. */
export async function* containerExport(
  transport: Transport,
  ref: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  yield* tar(transport, address`/v1/containers/${ref}/export`, {}, options);
}

/** The bytes of a tar; `timeoutMs` limits the way to the first of them. Not resumed: a tar changes with its files. */
async function* tar(
  transport: Transport,
  path: string,
  query: Record<string, QueryValue>,
  { signal, timeoutMs = transport.timeoutMs }: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const deadline = new Deadline(signal, timeoutMs);
  try {
    const headers = { accept: "application/x-tar, application/problem+json" };
    yield* connect(transport, { path, query, headers, deadline });
  } finally {
    deadline.close();
  }
}
