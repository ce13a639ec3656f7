import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import type { Deadline } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { parseJson } from "./json-text.ts";
import { openSocket } from "./open-socket.ts";
import { Queue } from "./queue.ts";
import type { Transport } from "./transport.ts";

/** A TCP connection to a port in a container. Each side may end its half first. */
export interface PortConnection {
  /** What the server sends, at the pace it is read; ends with the server's half, throws when the connection is lost. To be read once. */
  output: AsyncIterable<Uint8Array>;
  /** Resolves once it is sent, which waits for a server that does not read. */
  write(data: Uint8Array | string): Promise<void>;
  /** The end of what is written; the server may send on. */
  end(): void;
  /** Leaves at once. */
  close(): void;
}

/** What is on its way unread, in each direction. */
const WINDOW_BYTES = 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

export function connectPort(
  transport: Transport,
  ref: string,
  port: number,
  options: CallOptions,
): Promise<PortConnection> {
  const path = address`/v1/containers/${ref}/ports/${String(port)}/connect`;
  return openSocket(transport, path, { window: WINDOW_BYTES }, options, serve);
}

function serve(socket: WebSocket, deadline: Deadline): PortConnection {
  const received = new Queue<Uint8Array>(WINDOW_BYTES, ({ length }) => length);
  let credit = WINDOW_BYTES;
  let moved: () => void = () => {};
  let left = false;
  let lost: HafenError | undefined;
  const over = (error: HafenError) => {
    lost ??= error;
    received.fail(error);
    moved();
    deadline.close();
  };
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    if (typeof data === "string") {
      credit += (parseJson(data, "a message of the connection") as { bytes: number }).bytes;
      moved();
    } else if ((data as ArrayBuffer).byteLength === 0) received.end();
    else if (!received.push(new Uint8Array(data as ArrayBuffer))) {
      over(new HafenError("network", "more came than the window allows"));
      socket.close();
    }
  });
  socket.addEventListener("close", ({ code, reason }: CloseEvent) => {
    if (left) received.end();
    const said = `the connection was closed: ${code}${reason === "" ? "" : ` ${reason}`}`;
    over(left ? new HafenError("aborted", "left before the end") : new HafenError("network", said));
  });
  deadline.signal.addEventListener("abort", () => {
    if (deadline.error) over(deadline.error);
    socket.close();
  });

  return {
    output: acknowledged(received, (bytes) => {
      if (socket.readyState === 1) socket.send(JSON.stringify({ type: "read", bytes }));
    }),
    async write(data) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.slice(at, at + PIECE_BYTES);
        while (credit < piece.length && !lost) {
          await new Promise<void>((resolve) => {
            moved = resolve;
          });
        }
        if (lost) throw lost;
        credit -= piece.length;
        socket.send(piece);
      }
    },
    end() {
      if (socket.readyState === 1) socket.send(new Uint8Array(0));
    },
    close() {
      left = true;
      socket.close();
    },
  };
}

/** Tells what has been read, a quarter of the window at a time: sooner than the other side has to wait for it. */
async function* acknowledged(
  received: AsyncIterable<Uint8Array>,
  tell: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let untold = 0;
  for await (const data of received) {
    yield data;
    untold += data.length;
    if (untold < WINDOW_BYTES / 4) continue;
    tell(untold);
    untold = 0;
  }
}
