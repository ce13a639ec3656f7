import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Joins two connections: bytes at the slower one's pace, the end of a half as the end of a half, a break as a break. */
export function tunnel(one: Duplex, other: Duplex): void {
  carry(one, other);
  carry(other, one);
}

function carry(from: Duplex, to: Duplex): void {
  from.pipe(to);
  from.on("error", () => cut(to));
  from.on("close", () => {
    // One that closed after its orderly end may have left bytes that are still on their way out there.
    if (!from.readableEnded || !from.writableFinished) cut(to);
  });
  if (from.destroyed) cut(to);
}

/** By a reset where there is one, which only TCP has: a mere end would look as if all had come. */
function cut(connection: Duplex): void {
  try {
    if (connection instanceof Socket) connection.resetAndDestroy();
  } catch {
    // a Unix socket, or TLS
  }
  connection.destroy();
}
