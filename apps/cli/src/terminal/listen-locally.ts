import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface LocalListener {
  /** Address and port. */
  where: string;
  close(): void;
}

/** Listens on this machine; closing it ends what came in as well. */
export async function listenLocally(
  port: number,
  address: string,
  take: (socket: Socket) => void,
): Promise<LocalListener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    take(socket);
  });
  server.listen(port, address);
  await once(server, "listening");
  const at = server.address() as AddressInfo;
  return {
    where: `${at.family === "IPv6" ? `[${at.address}]` : at.address}:${at.port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
