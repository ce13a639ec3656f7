import { once } from "node:events";
import type { Socket } from "node:net";
import type { PortConnection } from "@hafen/sdk";

/** Joins a local connection and one to a container, each half to its end, at the slower side's pace. */
export async function carryConnection(socket: Socket, connection: PortConnection): Promise<void> {
  socket.once("close", () => connection.close());
  if (socket.destroyed) connection.close();
  await Promise.all([incoming(socket, connection), outgoing(socket, connection)]);
}

async function incoming(socket: Socket, { output }: PortConnection): Promise<void> {
  for await (const data of output)
    if (!socket.write(data)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  socket.end();
}

async function outgoing(socket: Socket, connection: PortConnection): Promise<void> {
  // The end of what it sends is not the end of what it gets.
  for await (const data of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    await connection.write(data);
  connection.end();
}
