import type { QueryValue } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { pause, type Deadline } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { parseJson } from "./json-text.ts";
import { openSocket } from "./open-socket.ts";
import { Queue } from "./queue.ts";
import type { Transport } from "./transport.ts";

export interface Output {
  stream: "stdout" | "stderr";
  data: Uint8Array;
}

/** The streams of a process, live. */
export interface Session<End> {
  /** Ends with the process's output; throws when the connection is lost. To be read once. */
  output: AsyncIterable<Output>;
  /** To its standard input. Resolves once little of it waits to be sent. */
  write(data: Uint8Array | string): Promise<void>;
  /** End of input. */
  end(): void;
  /** The size of its terminal. */
  resize(columns: number, rows: number): void;
  /** Goes away. */
  close(): void;
  /** How it ended; rejects when the connection was lost or closed before. */
  ended: Promise<End>;
}
export interface SessionRequest {
  path: string;
  query: Record<string, QueryValue>;
  /** Bytes each way that the other side has not said it took. */
  window: number;
}
export interface OpenedSession<End> extends Session<End> {
  /** Sends a control message. */
  say(message: object): void;
  /** Says so and goes away; resolves once the other side has let go. */
  leave(message: object): Promise<void>;
}

export const WINDOW_BYTES = 4 * 1024 * 1024;
const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, control: 3 };
const PIECE_BYTES = 64 * 1024;
const SEND_BUFFER_BYTES = 1024 * 1024;
/** A service that sends more than its window of 4 MiB is no service of ours. */
const UNREAD_BYTES = 4 * WINDOW_BYTES;
const SEND_CHECK_MS = 20;

interface Control {
  type: string;
  bytes?: number;
}

export function openSession<End>(
  transport: Transport,
  { path, query, window }: SessionRequest,
  options: CallOptions,
): Promise<OpenedSession<End>> {
  return openSocket(transport, path, { ...query, window }, options, (socket, deadline) =>
    serve<End>(socket, deadline, window),
  );
}

function serve<End>(socket: WebSocket, deadline: Deadline, window: number): OpenedSession<End> {
  const output = new Queue<Output>(UNREAD_BYTES, ({ data }) => data.length);
  const { promise: ended, resolve: settle, reject: fail } = withResolvers<End>();
  ended.catch(() => {}); // who only reads the output sees the same error there
  let unwritten = 0;
  let written: () => void = () => {};
  const lost = (error: HafenError) => {
    output.fail(error);
    fail(error);
    deadline.close();
    written();
  };
  let left = false;

  socket.addEventListener("message", ({ data }: MessageEvent) => {
    const frame = new Uint8Array(data as ArrayBuffer);
    const rest = frame.subarray(1);
    if (frame[0] === CHANNELS.control) {
      const { type, bytes = 0, ...last } = parseJson(new TextDecoder().decode(rest), "a control message") as Control;
      if (type === "written") {
        unwritten -= bytes;
        return written();
      }
      if (type !== "ended") return undefined;
      output.end();
      return settle(last as End);
    }
    if (output.push({ stream: frame[0] === CHANNELS.stderr ? "stderr" : "stdout", data: rest })) return undefined;
    lost(new HafenError("network", `more than ${UNREAD_BYTES} bytes of output were not read`));
    return socket.close();
  });
  socket.addEventListener("close", ({ code, reason }: CloseEvent) => {
    if (left) output.end();
    lost(left ? new HafenError("aborted", "left before the end") : closedBy(code, reason));
  });
  deadline.signal.addEventListener("abort", () => {
    if (deadline.error) lost(deadline.error);
    socket.close();
  });

  const send = (channel: number, data: Uint8Array) => {
    if (socket.readyState !== 1) throw new HafenError("network", "the WebSocket is closed");
    const frame = new Uint8Array(data.length + 1);
    frame[0] = channel;
    frame.set(data, 1);
    socket.send(frame);
  };
  const say = (message: object) => send(CHANNELS.control, new TextEncoder().encode(JSON.stringify(message)));
  const roomToWrite = async () => {
    while (unwritten + PIECE_BYTES > window && socket.readyState === 1)
      await new Promise<void>((resolve) => {
        written = resolve;
      });
    // A WebSocket has no event for this.
    while (socket.readyState === 1 && socket.bufferedAmount > SEND_BUFFER_BYTES) await pause(SEND_CHECK_MS, deadline);
  };
  return {
    output: acknowledged(output, window, (bytes) => ifOpen(say, { type: "read", bytes })),
    ended,
    say,
    leave(message) {
      left = true;
      say(message);
      return new Promise((resolve, reject) => {
        socket.addEventListener("close", ({ code, reason }: CloseEvent) =>
          code === 1000 ? resolve() : reject(closedBy(code, reason)),
        );
      });
    },
    async write(data) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        await roomToWrite();
        unwritten += piece.length;
        send(CHANNELS.stdin, piece);
      }
    },
    end: () => say({ type: "stdinEnd" }),
    resize: (columns, rows) => say({ type: "resize", columns, rows }),
    close() {
      left = true;
      socket.close();
    },
  };
}

/** Says what was read once it is a good part of the window, so that the other side need not wait for it. */
async function* acknowledged(
  output: AsyncIterable<Output>,
  window: number,
  read: (bytes: number) => void,
): AsyncGenerator<Output, void> {
  let unsaid = 0;
  for await (const piece of output) {
    yield piece;
    unsaid += piece.data.length;
    if (unsaid < window / 4) continue;
    read(unsaid);
    unsaid = 0;
  }
}

/** The end may come before what was sent ahead of it is read. */
function ifOpen(say: (message: object) => void, message: object): void {
  try {
    say(message);
  } catch {
    // closed: nobody waits for it
  }
}

/** Node 20 and older browsers have no Promise.withResolvers. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function closedBy(code: number, reason: string): HafenError {
  return new HafenError("network", `the connection was closed: ${code}${reason === "" ? "" : ` ${reason}`}`);
}
