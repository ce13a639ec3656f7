import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { TrustedProxies } from "../client-address.ts";
import { networkOf } from "../rate-limits/network-of.ts";

export interface ConnectionLimits {
  /** In all. */
  total: number;
  /** From one address, unless it is a trusted proxy's. */
  perAddress: number;
}

/** Bounds how many connections are open at once: one too many is closed before it is read. */
export function boundConnections(
  server: Server,
  { total, perAddress }: ConnectionLimits,
  { trusts, refused }: { trusts: TrustedProxies; refused: (reason: string) => void },
): void {
  const open = new Map<string, number>();
  server.maxConnections = total;
  server.on("drop", () => refused("connections"));
  server.on("connection", (socket: Socket) => {
    const { remoteAddress: address } = socket;
    if (address === undefined || trusts(address)) return;
    const client = networkOf(address);
    const now = open.get(client) ?? 0;
    if (now >= perAddress) {
      refused("connections_of_address");
      return void socket.destroy();
    }
    open.set(client, now + 1);
    socket.once("close", () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left === 0) open.delete(client);
      else open.set(client, left);
    });
  });
}
