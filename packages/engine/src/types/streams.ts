import type { Op } from "./op.ts";

export interface LogOptions extends Op {
  follow: boolean;
  /** Only what is newer than this RFC 3339 time, to the nanosecond. */
  since?: string | undefined;
  until?: string | undefined;
  /** Only the last so many lines. */
  tail?: number | undefined;
}
export interface LogChunk {
  stream: "stdout" | "stderr";
  /** One line, or a part of one longer than 16 KiB, with its line end if it has one. */
  data: Uint8Array;
  /** RFC 3339 with nanoseconds, as the engine stamped it. */
  at: string;
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
