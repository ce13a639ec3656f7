import { CHANNELS, STREAM_BUFFER_BYTES } from "@hafen/contract";
import type { Attached } from "@hafen/core";
import { eachMessage, pacedSend, StalledError } from "@hafen/process";
import type { WebSocket } from "ws";
import type { SocketRequest } from "./upgrade.ts";

/** What a client may not do; the text is its close reason. */
export class Refused extends Error {}

export interface SessionSocket {
  output: Attached["session"]["output"];
  /** A client that reads nothing for so long is left; without it as long as it likes. */
  stallMs?: number;
  /** Awaited before each piece of output is sent. */
  mayPass?: (bytes: number) => Promise<void>;
  onInput(data: Buffer): Promise<void>;
  onControl(message: unknown): Promise<void> | void;
  /** The last message, once the output is over. */
  ended(): Promise<object>;
  /** Whichever way the socket ended. */
  over(): void;
}

/** Carries a process's streams over a WebSocket: frames as the contract's `attachContainer` describes. */
export function serveSession(socket: WebSocket, session: SessionSocket, { signal, failed }: SocketRequest): void {
  const end = (error: unknown) => {
    if (socket.readyState !== socket.OPEN) return;
    if (signal.aborted) return socket.close(1012, "the host restarts"); // or nobody is there any more
    if (error instanceof Refused) return socket.close(1008, error.message);
    if (error instanceof StalledError) return socket.close(1013, error.message);
    failed(error);
    socket.close(1011, "the host failed");
  };
  const onAbort = () => end(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  eachMessage(socket, (frame, isBinary) => takeFrame(session, frame, isBinary), end);
  sendOutput(session, socket, signal)
    .catch(end)
    .finally(() => {
      signal.removeEventListener("abort", onAbort);
      session.over();
    });
}

export function controlFrame(message: object): Buffer {
  return Buffer.concat([Buffer.of(CHANNELS.control), Buffer.from(JSON.stringify(message))]);
}

async function sendOutput(
  { output, stallMs, mayPass, ended }: SessionSocket,
  socket: WebSocket,
  signal: AbortSignal,
): Promise<void> {
  const limits = { bufferBytes: STREAM_BUFFER_BYTES, ...(stallMs !== undefined && { stallMs }) };
  const send = pacedSend(socket, limits);
  const frame = (channel: number, data: Uint8Array) => send(Buffer.concat([Buffer.of(channel), data]));
  for await (const { stream, data } of output) {
    await mayPass?.(data.length);
    await frame(CHANNELS[stream], data);
  }
  signal.throwIfAborted(); // left, which is no end of the process
  await send(controlFrame(await ended()));
  socket.close(1000);
}

async function takeFrame({ onInput, onControl }: SessionSocket, frame: Buffer, isBinary: boolean): Promise<void> {
  const data = frame.subarray(1);
  const channel = isBinary ? frame[0] : undefined;
  if (channel === CHANNELS.stdin) return onInput(data);
  if (channel !== CHANNELS.control) throw new Refused("messages begin with 0 for stdin or 3 for control");
  await onControl(parse(data));
}

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString());
  } catch {
    throw new Refused("control messages are JSON");
  }
}
