import type { Hafen } from "@hafen/sdk";
import type { ReadStream, WriteStream } from "node:tty";

/** A terminal, a pipe or a file; `isTTY` tells. */
export type Input = ReadStream;
export type Output = WriteStream;

/** What a command may touch. */
export interface Ctx {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdin: Input;
  stdout: Output;
  stderr: Output;
  json: boolean;
  verbose: boolean;
  /** The stored context that --context names. */
  contextName: string | undefined;
  now(): number;
  /** The service this command line is for. */
  client(): Promise<Hafen>;
  /** Calls back for each such signal until the answer is called. */
  onSignal(signal: NodeJS.Signals, callback: () => void): () => void;
}
