import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { STREAM_MESSAGE_BYTES } from "@hafen/contract";
import { keepAlive } from "@hafen/process";
import { WebSocketServer, type WebSocket } from "ws";
import type { App } from "./mount.ts";
import type { Ports } from "./ports/ports.ts";

/** What a route gets in `c.env.upgrade` when the request asks for a WebSocket. */
export interface Upgrade {
  /** Called by the handler; the handshake follows its answer, and then `serve`. */
  accept(serve: (socket: WebSocket) => void): void;
}
export interface Upgrades {
  close(): void;
}

const CLOSE_MS = 1_000;

/**
 * Requests for a WebSocket go through the app like any other, key, scope and schema first, so that a refusal is a plain problem.
 * Not @hono/node-server's own upgrade, which drops the refusal's body.
 */
export function acceptUpgrades(server: Server, app: App, ports: Ports): Upgrades {
  /** From the request on, whatever becomes of them. */
  const open = new Set<Duplex>();
  let closing = false;
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: STREAM_MESSAGE_BYTES });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    if (closing) return void socket.destroy();
    if (ports.takes(request)) return ports.serveUpgrade(request, socket, head);
    serve(request, socket, head).catch(() => socket.destroy());
  });

  async function serve(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    open.add(socket);
    socket.on("close", () => (open.delete(socket), gone.abort()));
    let start: ((socket: WebSocket) => void) | undefined;
    const upgrade: Upgrade = {
      accept: (accepted) => {
        start = accepted;
      },
    };
    const response = await app.fetch(requestOf(request, gone.signal), { incoming: request, upgrade });
    if (socket.destroyed) return;
    if (!start || !response.ok) return answer(socket, response);
    const started = start;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => {}); // it closes with the code that says why
      keepAlive(webSocket);
      started(webSocket);
    });
  }

  return {
    close() {
      closing = true;
      for (const webSocket of sockets.clients) webSocket.close(1012, "the service restarts");
      setTimeout(() => open.forEach((socket) => socket.destroy()), CLOSE_MS).unref();
    },
  };
}

/** Anything else that a client would upgrade to, as curl would to HTTP/2, is served as it is. */
export function wantsWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

function requestOf(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    headers.append(request.rawHeaders[i] ?? "", request.rawHeaders[i + 1] ?? "");
  }
  return new Request(new URL(request.url ?? "/", "http://api"), { method: request.method ?? "GET", headers, signal });
}

async function answer(socket: Duplex, response: Response): Promise<void> {
  // An answer that is no refusal comes from a route that is no WebSocket, and may never end.
  if (response.ok) await response.body?.cancel();
  const status = response.ok ? 400 : response.status;
  const body = response.ok ? Buffer.alloc(0) : Buffer.from(await response.arrayBuffer());
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    `content-length: ${body.length}`,
  ];
  response.headers.forEach((value, name) => {
    if (!["connection", "content-length", "transfer-encoding"].includes(name)) lines.push(`${name}: ${value}`);
  });
  socket.once("finish", () => socket.destroy());
  socket.resume(); // unread bytes would make a reset of the end
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
}
