import { AttachStream, StreamControl } from "@hafen/contract";
import { attachContainer, type Attached, type HostCtx } from "@hafen/core";
import type { WebSocket } from "ws";
import { flowWindow, type FlowWindow } from "./flow-window.ts";
import { controlFrame, Refused, serveSession } from "./session-socket.ts";
import type { SocketRequest } from "./upgrade.ts";

/** Longer than the api gives its client, which is the one that stalls. */
const STALL_MS = 30_000;
const END_OF_TRANSMISSION = Buffer.of(4);

/** Attaches; what is returned then serves the socket. */
export async function openAttach(ctx: HostCtx, request: SocketRequest): Promise<(socket: WebSocket) => void> {
  const { subject, url, signal } = request;
  const query = AttachStream.parse(Object.fromEntries(url.searchParams));
  const [backlog, start] = [query.backlog === "true", query.start === "true"];
  const attached = await attachContainer(ctx, subject, { backlog, start, signal });
  const { session, openStdin } = attached;
  return (socket) => {
    const written = (bytes: number) => socket.send(controlFrame({ type: "written", bytes }));
    const window = flowWindow(query.window, { signal, written });
    serveSession(
      socket,
      {
        output: session.output,
        mayPass: window.mayPass,
        ...(query.window === undefined && { stallMs: STALL_MS }),
        async onInput(data) {
          if (!openStdin) throw new Refused("the container was made without openStdin");
          // A process that has ended, or whose input has, reads no more: its end is on its way.
          await window.input(data.length, () => session.write(data).catch(() => {}));
        },
        onControl: (message) => control(attached, window, message),
        ended: async () => ({ type: "ended", exitCode: (await session.exitCode()) ?? null }),
        over: () => session.close(),
      },
      request,
    );
  };
}

async function control(attached: Attached, window: FlowWindow, message: unknown): Promise<void> {
  const { data } = StreamControl.safeParse(message);
  if (!data) throw new Refused("control takes resize, stdinEnd or read, each with its members");
  const { session, tty, openStdin, stdinOnce } = attached;
  switch (data.type) {
    case "resize":
      return tty ? session.resize(data.columns, data.rows) : undefined;
    case "read":
      return window.taken(data.bytes);
    case "stdinEnd":
      if (!openStdin || !(tty || stdinOnce)) return undefined;
      // Behind the input before it. The end of one client's input is the container's only where it was made so; a terminal has a character for it.
      return window.input(0, async () => (tty ? session.write(END_OF_TRANSMISSION).catch(() => {}) : session.end()));
  }
}
