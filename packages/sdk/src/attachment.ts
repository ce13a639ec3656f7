import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { pause, type Deadline } from "./deadline.ts";
import { HafenError } from "./error.ts";
import { parseJson } from "./json-text.ts";
import { openSocket } from "./open-socket.ts";
import { Queue } from "./queue.ts";
import type { Transport } from "./transport.ts";
import type { StreamEnded } from "./wire.ts";

export interface AttachOptions extends CallOptions {
  /** Begin with what it printed before. */
  backlog?: boolean | undefined;
}
export interface Output {
  stream: "stdout" | "stderr";
  data: Uint8Array;
}

/** A container's own process, live. Read `output` as it comes: a reader that falls far behind is cut off. */
export interface Attachment {
  /** Ends with the process's output; throws when the connection is lost. To be read once. */
  output: AsyncIterable<Output>;
  /** To its standard input, which it has with openStdin. Resolves once little of it waits to be sent. */
  write(data: Uint8Array | string): Promise<void>;
  /** End of input: the process sees it with stdinOnce, or on a terminal. */
  end(): void;
  /** The size of its terminal. */
  resize(columns: number, rows: number): void;
  /** Leaves; the process goes on. */
  close(): void;
  /** How it ended; rejects when the connection was lost or closed before. */
  ended: Promise<Omit<StreamEnded, "type">>;
}

const CHANNELS = { stdin: 0, stdout: 1, stderr: 2, control: 3 };
const PIECE_BYTES = 64 * 1024;
const SEND_BUFFER_BYTES = 1024 * 1024;
const UNREAD_BYTES = 16 * 1024 * 1024;
const SEND_CHECK_MS = 20;

export function attach(transport: Transport, ref: string, options: AttachOptions): Promise<Attachment> {
  const { backlog } = options;
  return openSocket(transport, address`/v1/containers/${ref}/attach`, { backlog }, options, serve);
}

function serve(socket: WebSocket, deadline: Deadline): Attachment {
  const output = new Queue<Output>(UNREAD_BYTES, ({ data }) => data.length);
  let settle: (result: Omit<StreamEnded, "type">) => void = () => {};
  let fail: (error: HafenError) => void = () => {};
  const ended = new Promise<Omit<StreamEnded, "type">>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  ended.catch(() => {}); // who only reads the output sees the same error there
  const lost = (error: HafenError) => {
    output.fail(error);
    fail(error);
    deadline.close();
  };
  let left = false;
  socket.addEventListener("message", ({ data }: MessageEvent) => {
    const frame = new Uint8Array(data as ArrayBuffer);
    const rest = frame.subarray(1);
    if (frame[0] === CHANNELS.control) {
      const { exitCode, termination } = parseJson(new TextDecoder().decode(rest), "the end of a stream") as StreamEnded;
      output.end();
      return settle({ exitCode, termination });
    }
    if (output.push({ stream: frame[0] === CHANNELS.stderr ? "stderr" : "stdout", data: rest })) return;
    lost(new HafenError("network", `more than ${UNREAD_BYTES} bytes of output were not read`));
    socket.close();
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
  const control = (message: object) => send(CHANNELS.control, new TextEncoder().encode(JSON.stringify(message)));
  return {
    output,
    ended,
    async write(data) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        send(CHANNELS.stdin, bytes.subarray(at, at + PIECE_BYTES));
        // A WebSocket has no event for this.
        while (socket.readyState === 1 && socket.bufferedAmount > SEND_BUFFER_BYTES)
          await pause(SEND_CHECK_MS, deadline);
      }
    },
    end: () => control({ type: "stdinEnd" }),
    resize: (columns, rows) => control({ type: "resize", columns, rows }),
    close() {
      left = true;
      socket.close();
    },
  };
}

function closedBy(code: number, reason: string): HafenError {
  return new HafenError("network", `the connection was closed: ${code}${reason === "" ? "" : ` ${reason}`}`);
}
