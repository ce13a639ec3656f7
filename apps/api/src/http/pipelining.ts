import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Nobody's client sends so many before it has an answer; each of them may take an answer's memory at once. */
const AT_ONCE = 16;

/** Bounds what one connection has asked for and not yet read: Node takes up all requests that come in one piece. */
export function boundPipelining(server: Server, refused: (reason: string) => void): void {
  const open = new WeakMap<Socket, number>();
  server.prependListener("request", ({ socket }, response) => {
    const now = (open.get(socket) ?? 0) + 1;
    open.set(socket, now);
    response.once("close", () => open.set(socket, (open.get(socket) ?? 1) - 1));
    if (now <= AT_ONCE || socket.destroyed) return;
    refused("pipelining");
    socket.destroy();
  });
}
