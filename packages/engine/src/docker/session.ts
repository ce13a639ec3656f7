import type { Duplex } from "node:stream";
import type { Session } from "../engine.ts";
import { EngineError } from "../error.ts";
import { demux, raw } from "./demux.ts";
import { pieces } from "./stream.ts";

export interface SessionEnd {
  what: string;
  tty: boolean;
  resize(columns: number, rows: number): Promise<void>;
  /** `left`: the caller closed, so a process that still runs is not waited for. */
  exitCode(left: () => boolean): Promise<number | undefined>;
  kill(): Promise<void>;
}

/** A process over a hijacked connection: what comes is its output, what is sent its stdin. */
export function openSession(socket: Duplex, end: SessionEnd): Session {
  // Without a listener an error between two reads ends our own process; the stream keeps it for the next read.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", resolve));
  const source = pieces(end.what, socket, undefined);
  let left = false;
  return {
    output: end.tty ? raw(source) : demux(source, false),
    write: (data) => write(socket, data, end.what),
    end: () => void socket.end(),
    resize: (columns, rows) => end.resize(columns, rows).catch(unlessEnded),
    async exitCode() {
      await closed;
      return end.exitCode(() => left);
    },
    kill: () => end.kill(),
    close() {
      left = true;
      socket.destroy();
    },
  };
}

function write(socket: Duplex, data: Uint8Array, what: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (socket.writable) socket.write(data, (cause) => (cause ? reject(inputClosed(what, cause)) : resolve()));
  else reject(inputClosed(what));
  return promise;
}

function inputClosed(what: string, cause?: Error): EngineError {
  return new EngineError("conflict", `${what}: its input is closed`, { cause });
}

/** A window that changes as its process ends is nobody's failure. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof EngineError) || !["conflict", "not_found"].includes(error.kind)) throw error;
}
