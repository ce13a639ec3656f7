import { ExecControl, ExecStream } from "@hafen/contract";
import { openExec, type HostCtx, type OpenExec } from "@hafen/core";
import type { WebSocket } from "ws";
import { flowWindow, type FlowWindow } from "./flow-window.ts";
import { controlFrame, Refused, serveSession } from "./session-socket.ts";
import type { SocketRequest } from "./upgrade.ts";

const END_OF_TRANSMISSION = Buffer.of(4);

/** Starts the command; what is returned then serves the socket. A client that goes away ends it. */
export async function openExecSocket(ctx: HostCtx, request: SocketRequest): Promise<(socket: WebSocket) => void> {
  const { subject, url, signal, linger } = request;
  const input = ExecStream.parse(Object.fromEntries(url.searchParams));
  const exec = await openExec(ctx, subject, input);
  const hangUp = () => linger(exec.hangUp());
  signal.addEventListener("abort", hangUp, { once: true });
  if (signal.aborted) hangUp();
  return (socket) => {
    const written = (bytes: number) => socket.send(controlFrame({ type: "written", bytes }));
    const window = flowWindow(input.window, { signal, written });
    serveSession(
      socket,
      {
        output: exec.output,
        mayPass: window.mayPass,
        async onInput(data) {
          if (!exec.stdin) throw new Refused("the command was given no stdin");
          // A command that has ended, or whose input has, reads no more: its end is on its way.
          await window.input(data.length, () => exec.session.write(data).catch(() => {}));
        },
        onControl: (message) => control(exec, window, socket, message),
        ended: async () => ({ type: "ended", ...(await exec.ended()) }),
        over: () => {
          signal.removeEventListener("abort", hangUp);
          hangUp();
        },
      },
      request,
    );
  };
}

async function control(exec: OpenExec, window: FlowWindow, socket: WebSocket, message: unknown): Promise<void> {
  const { data } = ExecControl.safeParse(message);
  if (!data) throw new Refused("control takes resize, stdinEnd, signal, read or detach, each with its members");
  const { session, tty, stdin } = exec;
  switch (data.type) {
    case "resize":
      return tty ? session.resize(data.columns, data.rows) : undefined;
    case "stdinEnd":
      if (!stdin) return undefined;
      // Behind the input before it; on a terminal it is a character.
      return window.input(0, async () => (tty ? session.write(END_OF_TRANSMISSION).catch(() => {}) : session.end()));
    case "signal":
      return session.signal(data.signal);
    case "read":
      return window.taken(data.bytes);
    case "detach":
      exec.detach();
      return socket.close(1000, "detached");
  }
}
