import { STREAM_MESSAGE_BYTES } from "@hafen/contract";
import { WebSocket } from "ws";
import { refusalOf, textOf, unreachable, type WorkerCall } from "./worker-streams.ts";

const HANDSHAKE_MS = 40_000;

/** A WebSocket to a worker, paused: nothing is read before somebody listens. Its refusals come back as problems. */
export function dialWorker({ url, authorization }: WorkerCall, signal: AbortSignal): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const socket = new WebSocket(url, {
    headers: { authorization },
    perMessageDeflate: false,
    maxPayload: STREAM_MESSAGE_BYTES,
    handshakeTimeout: HANDSHAKE_MS,
  });
  const leave = () => socket.terminate();
  signal.addEventListener("abort", leave, { once: true });
  socket.on("close", () => signal.removeEventListener("abort", leave));
  if (signal.aborted) leave();
  socket.on("open", () => {
    socket.pause();
    resolve(socket);
  });
  socket.on("unexpected-response", (request, response) => {
    textOf(response)
      .then((text) => reject(refusalOf(text)))
      .catch(() => reject(unreachable()))
      .finally(() => request.destroy());
  });
  socket.on("error", () => reject(unreachable()));
  return promise;
}
