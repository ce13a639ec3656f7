import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { PROBLEMS, STREAM_MESSAGE_BYTES } from "@hafen/contract";
import type { HostCtx, StreamAction } from "@hafen/core";
import { keepAlive } from "@hafen/process";
import { WebSocketServer, type WebSocket } from "ws";
import { openAttach } from "./attach.ts";
import { openConnect } from "./connect.ts";
import { openExecSocket } from "./exec-socket.ts";

export interface SocketRequest {
  subject: string;
  url: URL;
  /** Aborts when the connection is gone or the listener closes. */
  signal: AbortSignal;
  /** Takes an error that ended the stream. */
  failed: (error: unknown) => void;
  /** Work that outlives the connection: the listener closes after it. */
  linger: (work: Promise<void>) => void;
}
type Open = (ctx: HostCtx, request: SocketRequest) => Promise<(socket: WebSocket) => void>;

const ACTIONS: Partial<Record<StreamAction, Open>> = { attach: openAttach, "exec.open": openExecSocket };

/** Those that are no WebSocket: the connection itself, once its HTTP is over. */
type OpenRaw = (ctx: HostCtx, request: SocketRequest) => Promise<(socket: Duplex, head: Buffer) => void>;
const RAW: Partial<Record<StreamAction, OpenRaw>> = { connect: openConnect };

export interface Upgrades {
  /** Opens what the request asks for, then answers with the WebSocket; rejects with the refusal, nothing sent. */
  serve(
    admitted: { ctx: HostCtx; action: StreamAction; subject: string; url: URL },
    connection: { request: IncomingMessage; socket: Duplex; head: Buffer },
  ): Promise<void>;
  close(): void;
  /** Once nothing lingers. */
  settled(): Promise<unknown>;
}

export function openUpgrades(failed: (error: unknown) => void, closing: AbortSignal): Upgrades {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: STREAM_MESSAGE_BYTES });
  const lingering = new Set<Promise<void>>();
  const linger = (work: Promise<void>) => {
    const handled = work.catch(failed).finally(() => lingering.delete(handled));
    lingering.add(handled);
  };
  return {
    async serve({ ctx, action, subject, url }, { request, socket, head }) {
      const gone = new AbortController();
      socket.on("close", () => gone.abort());
      if (socket.destroyed) gone.abort();
      const asked = { subject, url, signal: AbortSignal.any([gone.signal, closing]), failed, linger };
      const raw = RAW[action];
      if (raw) return (await raw(ctx, asked))(socket, head);
      const open = ACTIONS[action];
      if (!open) throw new Error(`${action} is not a WebSocket`);
      const start = await open(ctx, asked);
      if (socket.destroyed) return;
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on("error", () => webSocket.terminate());
        keepAlive(webSocket);
        start(webSocket);
      });
    },
    close() {
      for (const webSocket of server.clients) webSocket.terminate();
    },
    settled: () => Promise.all(lingering),
  };
}

/** A refusal before the upgrade, as HTTP. */
export function refuseUpgrade(
  socket: Duplex,
  problem: { code: keyof typeof PROBLEMS; detail: string; extra: Record<string, unknown> },
): void {
  const body = JSON.stringify({ code: problem.code, detail: problem.detail, extra: problem.extra });
  socket.end(
    `HTTP/1.1 ${PROBLEMS[problem.code].status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
