/** The part of `ws` that pacing needs. */
interface Socket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly OPEN: number;
  readonly isPaused: boolean;
  send(data: Uint8Array, options: { binary: boolean }, sent: () => void): void;
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "pong" | "close", listener: () => void): void;
  ping(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** The other side took nothing for the time it was given. */
export class StalledError extends Error {
  override readonly name = "StalledError";
}

/**
 * Sends one message after the other. Each resolves once no more than `bufferBytes` wait to be sent, so that who awaits it goes at
 * the reader's pace; it rejects with `StalledError` when more wait and nothing has moved for `stallMs` (without it: waits on).
 */
export function pacedSend(
  socket: Socket,
  { bufferBytes, stallMs }: { bufferBytes: number; stallMs?: number },
): (data: Uint8Array) => Promise<void> {
  let moved: () => void = () => {};
  const onMove = () => moved();
  return async (data) => {
    socket.send(data, { binary: true }, onMove);
    while (socket.bufferedAmount > bufferBytes && socket.readyState === socket.OPEN) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stalled = () => reject(new StalledError(`nothing was read for ${stallMs} ms`));
      const timer = stallMs === undefined ? undefined : setTimeout(stalled, stallMs);
      moved = resolve;
      await promise.finally(() => clearTimeout(timer));
    }
  };
}

/** Hands over messages one after the other, and reads no more of them while one is being handled. */
export function eachMessage(
  socket: Socket,
  handle: (data: Buffer, isBinary: boolean) => Promise<void>,
  failed: (error: unknown) => void,
): void {
  let waiting = 0;
  let last = Promise.resolve();
  socket.on("message", (data, isBinary) => {
    if (waiting++ === 0) socket.pause();
    last = last
      .then(() => handle(data, isBinary))
      .catch(failed)
      .then(() => {
        if (--waiting === 0) socket.resume();
      });
  });
}

const PING_MS = 30_000;

/** Pings, and gives a socket up that has not answered by the next time. */
export function keepAlive(socket: Socket): void {
  let answered = true;
  const timer = setInterval(() => {
    // What is paused cannot show its answer; writing to it shows whether it is gone.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  socket.on("pong", () => {
    answered = true;
  });
  socket.on("close", () => clearInterval(timer));
}
