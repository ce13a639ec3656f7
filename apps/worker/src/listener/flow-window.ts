import { Refused } from "./session-socket.ts";

/**
 * Flow control of our own, for clients that ask for it: a WebSocket in a browser or in Node takes whatever comes, so a slow program
 * behind it could not slow a command down. Each side has at most `bytes` on their way that the other has not said it took; so nothing
 * ever waits in front of a control message either.
 */
export interface FlowWindow {
  /** Waits until so much more output may be sent; rejects when the client is gone. */
  mayPass(bytes: number): Promise<void>;
  /** The client took so much output. */
  taken(bytes: number): void;
  /** Hands input on in order. Answers at once with a window, and otherwise once it is handed on. */
  input(bytes: number, write: () => Promise<void>): Promise<void>;
}

export function flowWindow(
  bytes: number | undefined,
  { signal, written }: { signal: AbortSignal; written: (bytes: number) => void },
): FlowWindow {
  let ahead = 0;
  let waitingInput = 0;
  let lastInput = Promise.resolve();
  let moved: () => void = () => {};
  signal.addEventListener("abort", () => moved(), { once: true });
  return {
    async mayPass(more) {
      while (bytes !== undefined && ahead >= bytes && !signal.aborted) {
        await new Promise<void>((resolve) => {
          moved = resolve;
        });
      }
      signal.throwIfAborted();
      ahead += more;
    },
    taken(count) {
      ahead = Math.max(0, ahead - count);
      moved();
    },
    async input(count, write) {
      waitingInput += count;
      const handOn = async () => {
        await write();
        waitingInput -= count;
        if (bytes !== undefined && count > 0) written(count);
      };
      lastInput = lastInput.then(handOn);
      if (bytes === undefined) return lastInput;
      if (waitingInput > bytes) throw new Refused("more input than the window allows");
    },
  };
}
