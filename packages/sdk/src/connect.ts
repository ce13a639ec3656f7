import type { QueryValue } from "./address.ts";
import { chunksOf } from "./byte-stream.ts";
import type { Deadline } from "./deadline.ts";
import { brokenOff, type Transport } from "./transport.ts";

export interface Connection {
  path: string;
  query: Record<string, QueryValue>;
  headers: Record<string, string>;
  /** Limits the way to the first byte of the answer, not what follows. */
  deadline: Deadline;
}

/** The bytes of one answer as they come; breaks with a HafenError. */
export async function* connect(
  transport: Transport,
  { path, query, headers, deadline }: Connection,
): AsyncGenerator<Uint8Array, void> {
  const response = await transport.open(path, query, headers, deadline);
  deadline.arm();
  if (!response.body) return;
  try {
    yield* chunksOf(response.body);
  } catch (cause) {
    throw brokenOff(deadline, cause);
  }
}
