import { StreamControl } from "@hafen/contract";
import { attachContainer, type Attached, type HostCtx } from "@hafen/core";
import type { WebSocket } from "ws";
import { Refused, serveSession } from "./session-socket.ts";
import type { SocketRequest } from "./upgrade.ts";

/** Longer than the api gives its client, which is the one that stalls. */
const STALL_MS = 30_000;
const END_OF_TRANSMISSION = Buffer.of(4);

/** Attaches; what is returned then serves the socket. */
export async function openAttach(ctx: HostCtx, request: SocketRequest): Promise<(socket: WebSocket) => void> {
  const { subject, url, signal } = request;
  const backlog = url.searchParams.get("backlog") === "true";
  const attached = await attachContainer(ctx, subject, { backlog, signal });
  const { session, openStdin } = attached;
  return (socket) =>
    serveSession(
      socket,
      {
        output: session.output,
        stallMs: STALL_MS,
        async onInput(data) {
          if (!openStdin) throw new Refused("the container was made without openStdin");
          // A process that has ended, or whose input has, reads no more: its end is on its way.
          await session.write(data).catch(() => {});
        },
        onControl: (message) => control(attached, message),
        ended: async () => ({ type: "ended", exitCode: (await session.exitCode()) ?? null }),
        over: () => session.close(),
      },
      request,
    );
}

async function control({ session, tty, openStdin, stdinOnce }: Attached, message: unknown): Promise<void> {
  const { data } = StreamControl.safeParse(message);
  if (!data) throw new Refused('control takes {"type":"resize","columns":…,"rows":…} or {"type":"stdinEnd"}');
  if (data.type === "resize") return tty ? session.resize(data.columns, data.rows) : undefined;
  // The end of one client's input is the container's only where it was made so; a terminal has a character for it.
  if (openStdin && tty) return session.write(END_OF_TRANSMISSION).catch(() => {});
  if (openStdin && stdinOnce) session.end();
}
