import type { Op } from "./op.ts";

export interface LogOptions extends Op {
  follow: boolean;
  /** Only what is newer than this RFC 3339 time, to the nanosecond. */
  since?: string | undefined;
  until?: string | undefined;
  /** Goes on after this chunk of a read before; in place of `since` and `tail`. */
  after?: LogPosition | undefined;
  /** Only the last so many lines, of those streams that are asked for. */
  tail?: number | undefined;
  /** Default both. */
  streams?: readonly ("stdout" | "stderr")[] | undefined;
}
export interface LogChunk {
  stream: "stdout" | "stderr";
  /** One line, or a part of one longer than 16 KiB, with its line end if it has one. */
  data: Uint8Array;
  /** RFC 3339 with nanoseconds, as the engine stamped it. */
  at: string;
  position: LogPosition;
}
/** How far a log was read. Stamps are not quite in the log's order, so that one alone does not say it. */
export interface LogPosition {
  /** The latest stamp that was read. */
  at: string;
  /** How many of the chunks that were read lie in the second up to it. */
  seen: number;
  /** The first chunk that was read, while it lies in that second: what the log has before it was left out. */
  first?: string | undefined;
}

export interface ExecSpec {
  command: string[];
  env: string[];
  workingDir?: string | undefined;
  user?: string | undefined;
  tty: boolean;
  stdin: boolean;
}
export interface AttachOptions extends Op {
  tty: boolean;
  stdin: boolean;
  /** Send what was printed before the attach first. */
  backlog: boolean;
}
/** A live process: an exec, or the container's own when attached. */
export interface Session {
  /** Ends when the process closes its output. With a tty all of it is `stdout`. Backpressure reaches the process. */
  output: AsyncIterable<{ stream: "stdout" | "stderr"; data: Uint8Array }>;
  /** Resolves once the bytes are handed to the kernel. */
  write(data: Uint8Array): Promise<void>;
  /** End of file on stdin. For an attach: leaves, since the container's stdin stays open for others. */
  end(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** The exit code, once `output` has ended. For an attach: of the container, if it ended. */
  exitCode(): Promise<number | undefined>;
  /** Ends the process with SIGKILL and all it started; for an attach only leaves. */
  kill(): Promise<void>;
  /** Leaves; an exec'd process goes on. */
  close(): void;
}
export interface ExecSession extends Session {
  /** One signal to the command's own process, and not to what it started; nothing once it has ended. */
  signal(name: string): Promise<void>;
  /** What the command and all it started have used. To be asked after its end and before `close`; undefined where nobody counts. */
  account(): Promise<ExecAccount | undefined>;
}
export interface ExecAccount {
  /** Undefined when the command ran before it could be counted. */
  cpuMs: number | undefined;
  /** Undefined then too, and where the kernel counts memory for the whole container only. */
  peakMemoryBytes: number | undefined;
  /** The kernel killed a process of it for memory; undefined where it does not say whose it was. */
  oomKilled: boolean | undefined;
}
