import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { openSession, type Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import type { StreamEnded } from "./wire.ts";

export interface AttachOptions extends CallOptions {
  /** Begin with what it printed before. */
  backlog?: boolean | undefined;
}

/**
 * A container's own process, live. Read `output` as it comes: a reader that falls far behind is cut off. It has a standard input with
 * openStdin, and sees its end with stdinOnce, or on a terminal. Closing only leaves: the process goes on.
 */
export type Attachment = Session<Omit<StreamEnded, "type">>;

export async function attach(
  transport: Transport,
  ref: string,
  { backlog, ...options }: AttachOptions,
): Promise<Attachment> {
  const path = address`/v1/containers/${ref}/attach`;
  return openSession(transport, { path, query: { backlog } }, options);
}
