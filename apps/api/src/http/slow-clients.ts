import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { lateError } from "./malformed.ts";

/** Of a body, in the time that a client may stall: less is as good as nothing. */
const PROGRESS_BYTES = 1024;
const LOOKS = 4;

export interface Patience {
  /** For the body's next piece. */
  sendingMs: number;
  /** For the next piece of the answer to be taken. */
  readingMs: number;
}

/** Drops who sends a head, a body, or takes an answer too slowly: a connection that does nothing costs as much as one that works. */
export function dropSlowClients(
  server: Server,
  stallMs: number,
  { patience, refused }: { patience: (request: IncomingMessage) => Patience; refused: (reason: string) => void },
): void {
  // The whole head; a keep-alive connection that is silent between requests has `keepAliveTimeout`.
  server.headersTimeout = stallMs;
  server.timeout = stallMs;
  server.on("request", (request, response) => {
    const { sendingMs, readingMs } = patience(request);
    watchReading(response, readingMs, refused);
    if (!request.complete)
      watchSending(request, response, sendingMs, () => server.emit("clientError", lateError(), request.socket));
  });
}

/** Node's own timer runs from the last byte either way; it says nothing where there is nothing to take. */
function watchReading(response: ServerResponse, readingMs: number, refused: (reason: string) => void): void {
  response.socket?.setTimeout(readingMs);
  response.on("timeout", () => {
    const { socket } = response;
    if (!socket) return;
    if (socket.writableLength === 0) return void socket.setTimeout(readingMs);
    refused("slow_reading");
    socket.destroy();
  });
}

/** Only while we wait for the client: what we have not read, and a client that already reads its answer, are no stall. */
function watchSending(request: IncomingMessage, response: ServerResponse, sendingMs: number, late: () => void): void {
  const { socket } = request;
  let [bytes, at] = [socket.bytesRead, performance.now()];
  const timer = setInterval(() => {
    if (request.complete || response.headersSent) return clearInterval(timer);
    const now = performance.now();
    if (request.readableLength > 0 || socket.bytesRead - bytes >= PROGRESS_BYTES) [bytes, at] = [socket.bytesRead, now];
    if (now - at < sendingMs) return;
    clearInterval(timer);
    late();
  }, sendingMs / LOOKS).unref();
  response.on("close", () => clearInterval(timer));
}
