import type { QueryValue } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { Deadline } from "./deadline.ts";
import { HafenError } from "./error.ts";
import type { Transport } from "./transport.ts";

/**
 * Opens a WebSocket, or throws why the service refused it. What `serve` makes of it listens before anything can arrive; the deadline
 * limits the way to the opening, and then is `serve`'s to close.
 */
export async function openSocket<T>(
  transport: Transport,
  path: string,
  query: Record<string, QueryValue>,
  options: CallOptions,
  serve: (socket: WebSocket, deadline: Deadline) => T,
): Promise<T> {
  const deadline = new Deadline(options.signal, options.timeoutMs ?? transport.timeoutMs);
  try {
    deadline.throwIfOver();
    const socket = transport.socket(path, query);
    socket.binaryType = "arraybuffer";
    const served = serve(socket, deadline);
    try {
      await opened(socket, deadline);
    } catch (error) {
      throw deadline.error ?? (await whyNot(transport, path, query, options)) ?? error;
    }
    deadline.arm();
    return served;
  } catch (error) {
    deadline.close();
    throw error;
  }
}

function opened(socket: WebSocket, deadline: Deadline): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("close", () => reject(new HafenError("network", "the WebSocket could not be opened")));
    socket.addEventListener("error", () => reject(new HafenError("network", "the WebSocket could not be opened")));
    deadline.signal.addEventListener("abort", () => {
      socket.close();
      reject(deadline.error);
    });
  });
}

/** A WebSocket does not show the answer that refused it; the same request without the upgrade does. */
async function whyNot(
  transport: Transport,
  path: string,
  query: Record<string, QueryValue>,
  options: CallOptions,
): Promise<HafenError | undefined> {
  const deadline = new Deadline(options.signal, options.timeoutMs ?? transport.timeoutMs);
  try {
    await transport.open(path, query, { accept: "application/problem+json" }, deadline);
  } catch (error) {
    if (error instanceof HafenError && error.code !== "upgrade_required") return error;
  } finally {
    deadline.close();
  }
  return undefined;
}
