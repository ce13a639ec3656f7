import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Budget } from "./budget.ts";
import { Frames, frame } from "./frames.ts";
import type { Asker } from "./protocol.ts";
import { resolve, shorten, type Resolving } from "./resolve.ts";

const PORT = 53;
const MAX_QUERY_BYTES = 1_024;
/** What every resolver takes over UDP; larger answers go over TCP. */
const MAX_UDP_BYTES = 512;
const TCP_IDLE_MS = 10_000;
const TCP_CONNECTIONS = 512;
const TCP_PER_CONTAINER = 8;

export interface Serving extends Resolving {
  asker(address: string): Promise<{ asker: Asker; budget: Budget } | undefined>;
}

/** Listens on UDP and TCP. Who asks is told by the source of the packet. */
export async function serve(address: string, way: Serving): Promise<void> {
  const udp = createSocket("udp4");
  udp.on("message", (message, { address: source, port }) => {
    void answer(way, source, message).then((bytes) => {
      if (bytes) udp.send(shorten(bytes, MAX_UDP_BYTES), port, source);
    });
  });
  udp.bind(PORT, address);
  await once(udp, "listening");
  udp.on("error", () => {}); // an answer whose receiver is gone

  const connections = new Map<string, number>();
  const tcp = createServer({ allowHalfOpen: true }, (socket) => {
    const source = socket.remoteAddress ?? "";
    const count = connections.get(source) ?? 0;
    if (count >= TCP_PER_CONTAINER) return void socket.destroy();
    connections.set(source, count + 1);
    socket.on("close", () => {
      const left = (connections.get(source) ?? 1) - 1;
      if (left > 0) connections.set(source, left);
      else connections.delete(source);
    });
    converse(way, source, socket);
  });
  tcp.maxConnections = TCP_CONNECTIONS;
  tcp.listen(PORT, address);
  await once(tcp, "listening");
}

/** One query after the other: what comes meanwhile waits in the kernel. */
function converse(way: Serving, source: string, socket: Socket): void {
  const frames = new Frames(MAX_QUERY_BYTES);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on("error", () => {});
  void (async () => {
    for await (const chunk of socket) {
      for (const message of frames.take(chunk as Buffer)) {
        const bytes = await answer(way, source, message);
        if (!bytes) return;
        if (!socket.write(frame(bytes))) await once(socket, "drain");
      }
    }
  })()
    .catch(() => {})
    .finally(() => socket.destroy());
}

async function answer(way: Serving, source: string, message: Buffer): Promise<Buffer | undefined> {
  if (message.length > MAX_QUERY_BYTES) return undefined;
  const found = await way.asker(source).catch(() => undefined);
  if (!found) return resolve(way, undefined, message);
  const { asker, budget } = found;
  if (!budget.begin(performance.now())) {
    way.refused(asker.id, "");
    return resolve(way, undefined, message);
  }
  try {
    return await resolve(way, asker, message);
  } finally {
    budget.end();
  }
}
