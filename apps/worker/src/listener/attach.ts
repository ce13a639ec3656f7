import { CHANNELS, STREAM_BUFFER_BYTES, StreamControl } from "@hafen/contract";
import { attachContainer, type Attached, type HostCtx } from "@hafen/core";
import { eachMessage, pacedSend, StalledError } from "@hafen/process";
import type { WebSocket } from "ws";
import type { SocketRequest } from "./upgrade.ts";

/** Longer than the api gives its client, which is the one that stalls. */
const STALL_MS = 30_000;
const END_OF_TRANSMISSION = Buffer.of(4);

/** What a client may not do; the text is its close reason. */
class Refused extends Error {}

/** Attaches; what is returned then serves the socket: frames as the contract's `attachContainer` describes. */
export async function openAttach(
  ctx: HostCtx,
  { subject, url, signal, failed }: SocketRequest,
): Promise<(socket: WebSocket) => void> {
  const backlog = url.searchParams.get("backlog") === "true";
  const attached = await attachContainer(ctx, subject, { backlog, signal });
  return (socket) => {
    const end = (error: unknown) => {
      if (signal.aborted) return socket.close(1012, "the host restarts"); // or nobody is there any more
      if (error instanceof Refused) return socket.close(1008, error.message);
      if (error instanceof StalledError) return socket.close(1013, error.message);
      failed(error);
      socket.close(1011, "the host failed");
    };
    eachMessage(socket, (frame, isBinary) => takeFrame(attached, frame, isBinary), end);
    sendOutput(attached, socket, signal)
      .catch(end)
      .finally(() => attached.session.close());
  };
}

async function sendOutput({ session }: Attached, socket: WebSocket, signal: AbortSignal): Promise<void> {
  const send = pacedSend(socket, { bufferBytes: STREAM_BUFFER_BYTES, stallMs: STALL_MS });
  const frame = (channel: number, data: Uint8Array) => send(Buffer.concat([Buffer.of(channel), data]));
  for await (const { stream, data } of session.output) await frame(CHANNELS[stream], data);
  signal.throwIfAborted(); // left, which is no end of the process
  const exitCode = (await session.exitCode()) ?? null;
  await frame(CHANNELS.control, Buffer.from(JSON.stringify({ type: "ended", exitCode })));
  socket.close(1000);
}

async function takeFrame(attached: Attached, frame: Buffer, isBinary: boolean): Promise<void> {
  const { session, tty, openStdin, stdinOnce } = attached;
  const data = frame.subarray(1);
  const channel = isBinary ? frame[0] : undefined;
  if (channel === CHANNELS.stdin) {
    if (!openStdin) throw new Refused("the container was made without openStdin");
    // A process that has ended, or whose input has, reads no more: its end is on its way.
    return session.write(data).catch(() => {});
  }
  if (channel !== CHANNELS.control) throw new Refused("messages begin with 0 for stdin or 3 for control");
  const control = controlOf(data);
  if (control.type === "resize") return tty ? session.resize(control.columns, control.rows) : undefined;
  // The end of one client's input is the container's only where it was made so; a terminal has a character for it.
  if (openStdin && tty) return session.write(END_OF_TRANSMISSION).catch(() => {});
  if (openStdin && stdinOnce) session.end();
}

function controlOf(data: Buffer): StreamControl {
  try {
    return StreamControl.parse(JSON.parse(data.toString()));
  } catch {
    throw new Refused('control takes {"type":"resize","columns":…,"rows":…} or {"type":"stdinEnd"}');
  }
}
