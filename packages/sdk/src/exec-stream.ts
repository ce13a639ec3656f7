import { address } from "./address.ts";
import type { CallOptions } from "./call-options.ts";
import { openSession, WINDOW_BYTES, type Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import type { Exec, ExecEnded, KillContainer } from "./wire.ts";

export interface ExecStreamRequest extends Omit<Exec, "stdin"> {
  /** Give it a terminal: all its output is then `stdout`. */
  tty?: boolean | undefined;
  /** Give it a standard input. */
  stdin?: boolean | undefined;
}

/** A command in a container, live. However slowly `output` is read, nothing of it is lost: the command waits. */
export interface ExecStream extends Session<Omit<ExecEnded, "type">> {
  /** Goes away, which ends the command: a terminal is hung up, and without one it is killed, with all it started. */
  close(): void;
  /** Goes away and leaves the command running. */
  detach(): Promise<void>;
  /** To the command's own process, and not to what it started. */
  signal(name: NonNullable<KillContainer["signal"]>): void;
}

export async function execStream(
  transport: Transport,
  ref: string,
  { command, env, ...rest }: ExecStreamRequest,
  options: CallOptions,
): Promise<ExecStream> {
  const path = address`/v1/containers/${ref}/exec`;
  const query = {
    command: JSON.stringify(command),
    env: env && JSON.stringify(env),
    ...rest,
  };
  const { say, leave, ...session } = await openSession<Omit<ExecEnded, "type">>(
    transport,
    { path, query, window: WINDOW_BYTES },
    options,
  );
  return {
    ...session,
    signal: (signal) => say({ type: "signal", signal }),
    detach: () => leave({ type: "detach" }),
  };
}
