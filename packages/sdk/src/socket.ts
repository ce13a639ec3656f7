import type { QueryValue } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { Deadline } from "./deadline.ts";
import { HafenError } from "./error.ts";
import type { Transport } from "./transport.ts";

interface Opening {
  path: string;
  query: Record<string, QueryValue>;
  options: CallOptions;
  deadline: Deadline;
}

/** Waits for a WebSocket that is being opened; rejects with the service's own refusal. */
export async function openSocket(transport: Transport, socket: WebSocket, opening: Opening): Promise<void> {
  try {
    await opened(socket, opening.deadline);
  } catch (error) {
    throw opening.deadline.error ?? (await whyNot(transport, opening)) ?? error;
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
async function whyNot(transport: Transport, { path, query, options }: Opening): Promise<HafenError | undefined> {
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
