import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { openSession, WINDOW_BYTES, type Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import type { StreamEnded } from "./wire.ts";

export interface AttachOptions extends CallOptions {
  /** Begin with what it printed before. */
  backlog?: boolean | undefined;
  /** It does not run: start it, once its streams are attached. They are those of the new run, from its first byte. */
  start?: boolean | undefined;
}

/**
 * A container's own process, live. However slowly `output` is read, nothing of it is lost: the process waits. It has a standard input with
 * openStdin, and sees its end with stdinOnce, or on a terminal. Closing only leaves: the process goes on.
 */
export type Attachment = Session<Omit<StreamEnded, "type">>;

export async function attach(
  transport: Transport,
  ref: string,
  { backlog, start, ...options }: AttachOptions,
): Promise<Attachment> {
  const path = address`/v1/containers/${ref}/attach`;
  return openSession(transport, { path, query: { backlog, start }, window: WINDOW_BYTES }, options);
}
