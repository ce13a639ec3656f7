import type { Socket } from "node:net";
import { Duplex } from "node:stream";

const HEAD_BYTES = 4;
const END = Buffer.alloc(HEAD_BYTES);

/**
 * A stream over a connection between processes of ours on which an end is said: each piece after its length, and a length of 0 for the end.
 * A process that is killed closes its connections as one that has ended does; here that is an error and not the end of somebody's data.
 * The connection must be one that stays half open.
 */
export function framed(socket: Socket, { allowHalfOpen }: { allowHalfOpen: boolean }): Duplex {
  let hasEnded = false;
  const stream = new Duplex({
    allowHalfOpen,
    read: () => void socket.resume(),
    write(piece: Buffer, _encoding, done) {
      if (piece.length === 0) return done(); // which is no end
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(piece.length);
      socket.cork();
      socket.write(head);
      socket.write(piece, done);
      socket.uncork();
    },
    final: (done) => void socket.end(END, () => done()),
    destroy(error, done) {
      // In order, the other side's end of the connection is still to come.
      if (hasEnded && stream.writableFinished && !error) socket.resume();
      else socket.resetAndDestroy();
      done(error);
    },
  });
  const take = openReader((piece) => {
    hasEnded ||= piece === null;
    if (!stream.push(piece)) socket.pause();
  });
  const broken = () => {
    if (!hasEnded) stream.destroy(new Error("the connection was broken off"));
  };
  socket.on("data", (data: Buffer) => hasEnded || take(data));
  socket.on("end", broken);
  socket.on("error", (error) => stream.destroy(error));
  socket.on("close", () => (hasEnded && stream.writableFinished ? undefined : stream.destroy()));
  return stream;
}

/** Hands the pieces in what comes over as they come, a large one in parts; null for the end. */
function openReader(push: (piece: Buffer | null) => void): (data: Buffer) => void {
  let head = Buffer.alloc(0);
  let left = 0;
  return (data) => {
    for (let at = 0; at < data.length;) {
      if (left > 0) {
        const part = data.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        push(part);
        continue;
      }
      const part = data.subarray(at, at + HEAD_BYTES - head.length);
      at += part.length;
      head = Buffer.concat([head, part]);
      if (head.length < HEAD_BYTES) return;
      left = head.readUInt32BE();
      head = Buffer.alloc(0);
      if (left === 0) return push(null);
    }
  };
}
