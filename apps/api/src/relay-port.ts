import { once } from "node:events";
import type { Duplex } from "node:stream";
import { PortControl, STREAM_BUFFER_BYTES } from "@hafen/contract";
import { eachMessage, pacedSend } from "@hafen/process";
import type { WebSocket } from "ws";

/** What a client may not do; closes with the code. */
class Refused extends Error {
  readonly code: 1003 | 1008;

  constructor(code: 1003 | 1008, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Carries a connection to a port over a WebSocket: binary messages are bytes, an empty one the end of its sender's. With a window neither
 * side has more than that on its way unread, as its text messages tell; without one, the WebSocket's own pace is all there is.
 */
export function relayPort(client: WebSocket, container: Duplex, window = Infinity): void {
  const end = (code: number, reason: string) => {
    client.close(code, reason);
    container.destroy();
  };
  const failed = (error: unknown) =>
    error instanceof Refused ? end(error.code, error.message) : end(1011, "the connection to the port broke");
  let open = 2;
  const half = () => {
    if (--open === 0) client.close(1000);
  };

  const credit = openCredit(window);
  sendOutput(client, container, credit.take).then(half, failed);
  const take = window === Infinity ? atItsPace(container) : withinWindow(client, container, window);
  eachMessage(
    client,
    async (data, isBinary) => {
      if (!isBinary) credit.give(readBytes(data));
      else if (data.length > 0) await take(data);
      else container.end(half);
    },
    failed,
  );
  client.on("close", () => container.destroy());
  container.on("close", () => {
    if (!container.writableFinished) end(1011, "the connection to the port broke");
  });
}

type Take = (data: Buffer) => Promise<void> | void;

function atItsPace(container: Duplex): Take {
  return async (data) => {
    if (!container.write(data)) await once(container, "drain");
  };
}

/**
 * What the container has not taken waits in our memory, not in the WebSocket: what its server may wait for, the client's word that it has
 * read, comes behind it.
 */
function withinWindow(client: WebSocket, container: Duplex, window: number): Take {
  let waiting = 0;
  let untold = 0;
  const taken = (bytes: number) => {
    waiting -= bytes;
    untold += bytes;
    if ((waiting > 0 && untold < window / 4) || client.readyState !== client.OPEN) return;
    client.send(JSON.stringify({ type: "read", bytes: untold } satisfies PortControl));
    untold = 0;
  };
  return (data) => {
    waiting += data.length;
    if (waiting > window) throw new Refused(1008, "more was sent than the window allows");
    container.write(data, () => taken(data.length));
  };
}

async function sendOutput(client: WebSocket, container: Duplex, take: (bytes: number) => Promise<void>): Promise<void> {
  const send = pacedSend(client, { bufferBytes: STREAM_BUFFER_BYTES });
  // Its end is not the end of what goes the other way.
  for await (const data of container.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    await take(data.length);
    await send(data);
  }
  await send(Buffer.alloc(0));
}

/** How much may still be sent before the other side has read what it was sent. */
function openCredit(window: number) {
  let left = window;
  let wake: () => void = () => {};
  return {
    give(bytes: number) {
      left = Math.min(left + bytes, window);
      wake();
    },
    async take(bytes: number) {
      while (left < Math.min(bytes, window)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      left -= bytes;
    },
  };
}

function readBytes(data: Buffer): number {
  try {
    return PortControl.parse(JSON.parse(data.toString())).bytes;
  } catch {
    throw new Refused(1003, 'a text message is {"type":"read","bytes":…}');
  }
}
