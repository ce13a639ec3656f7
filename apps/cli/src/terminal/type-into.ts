import type { Ctx } from "../ctx.ts";
import { DetachKeys } from "./detach-keys.ts";

/** Where what is typed goes. */
export interface Typed {
  write(data: Uint8Array): Promise<void>;
  end(): void;
}
export interface Typing {
  /** Whether its reader left with Ctrl-P Ctrl-Q. */
  detached(): boolean;
  stop(): void;
}

/** Carries standard input, no faster than it is taken. On a terminal Ctrl-P Ctrl-Q is not for the process: `leave` is called. */
export function typeInto(
  to: Typed,
  { stdin }: Pick<Ctx, "stdin">,
  { tty, leave }: { tty: boolean; leave: () => unknown },
): Typing {
  const keys = new DetachKeys();
  let detached = false;
  let sent = Promise.resolve();
  // Once the connection is gone, whoever reads the output learns why.
  const send = (act: () => unknown) =>
    (sent = sent.then(act).then(
      () => {},
      () => {},
    ));
  const onData = (chunk: Buffer) => {
    const { pass, detach } = tty ? keys.take(chunk) : { pass: chunk, detach: false };
    stdin.pause();
    void send(() => to.write(pass)).then(() => {
      if (!detach) return stdin.resume();
      detached = true;
      return leave();
    });
  };
  const onEnd = () => void send(() => to.end());
  stdin.on("data", onData);
  stdin.on("end", onEnd);
  return {
    detached: () => detached,
    stop() {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      stdin.pause();
    },
  };
}
