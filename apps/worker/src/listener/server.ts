import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PROBLEMS, ProblemError, REQUEST_HEAD_BYTES } from "@hafen/contract";
import { verifyGrant, type HostCtx, type StreamAction } from "@hafen/core";
import { errorFields, type Log } from "@hafen/process";
import { answerExec, answerLogs, answerSignal } from "./actions.ts";
import { answerImageExport } from "./image-export.ts";
import { answerHostCheck } from "./host-check.ts";
import { answerReadFiles, answerWriteFiles } from "./files.ts";
import { answerPruneVolume, answerSize, answerUsage } from "./housekeeping.ts";
import { answerChanges, answerExport, answerIsolation, answerStats, answerTop } from "./measures.ts";
import type { OpenStreams } from "./open-streams.ts";
import { openUpgrades, refuseUpgrade } from "./upgrade.ts";
import { UsedTokens } from "./used-tokens.ts";

export interface StreamRequest {
  /** The id of what the token is for. */
  subject: string;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Aborts when the api hangs up or the listener closes. */
  signal: AbortSignal;
}
const ACTIONS: Partial<Record<StreamAction, (ctx: HostCtx, stream: StreamRequest) => Promise<void>>> = {
  exec: answerExec,
  logs: answerLogs,
  signal: answerSignal,
  "files.read": answerReadFiles,
  "files.write": answerWriteFiles,
  size: answerSize,
  usage: answerUsage,
  "volume.prune": answerPruneVolume,
  "image.export": answerImageExport,
  top: answerTop,
  stats: answerStats,
  changes: answerChanges,
  export: answerExport,
  isolation: answerIsolation,
  check: answerHostCheck,
};

export interface Listener {
  /** Known before the host is: the lease row carries it. */
  port: number;
  serve(ctx: HostCtx): void;
  close(): Promise<void>;
}

/**
 * The worker's private listener: `POST /streams/<id>/<action>`, or an upgrade there (to a WebSocket, or for `connect` to plain TCP),
 * with a token that the api signed for just that, used once.
 * Users never reach it.
 */
export async function openListener(options: {
  address: string;
  port: number;
  secret: string;
  streams: OpenStreams;
  log: Log;
  metrics: () => Promise<string>;
}): Promise<Listener> {
  const used = new UsedTokens();
  const closing = new AbortController();
  const upgrades = openUpgrades((error) => options.log.error(errorFields(error), "stream failed"), closing.signal);
  let ctx: HostCtx | undefined;

  /** What the request may do, by its token. */
  function admit(request: IncomingMessage, url: URL): { ctx: HostCtx; subject: string; action: StreamAction } {
    const [, subject = "", action = ""] = /^\/streams\/([a-z0-9_]+)\/([a-z.]+)$/.exec(url.pathname) ?? [];
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const grant = verifyGrant(options.secret, token, Date.now());
    if (
      !ctx ||
      !grant ||
      grant.action !== action ||
      grant.subject !== subject ||
      grant.hostId !== ctx.hostId ||
      !used.take(grant)
    ) {
      // To the client the host is unreachable; that api and worker have two secrets, or clocks far apart, only this tells.
      options.log.warn({ subject, action }, "refused a stream token");
      throw new ProblemError("unauthenticated", "The stream token is not for this.");
    }
    return { ctx, subject, action: grant.action };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://worker");
    if (request.method === "GET" && url.pathname === "/metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4").end(await options.metrics());
      return;
    }
    const admitted = admit(request, url);
    const { subject } = admitted;
    const handle = ACTIONS[admitted.action];
    if (!handle) throw new ProblemError("upgrade_required", `${admitted.action} is an upgrade.`);
    const gone = new AbortController();
    const closed = options.streams.open(admitted.action, subject);
    response.on("close", () => (closed(), gone.abort()));
    await handle(admitted.ctx, {
      subject,
      request,
      response,
      url,
      signal: AbortSignal.any([gone.signal, closing.signal]),
    });
  }

  // The api writes the query of its own request anew, which may take more room.
  const server = createServer({ maxHeaderSize: 2 * REQUEST_HEAD_BYTES }, (request, response) => {
    answer(request, response).catch((error: unknown) => fail(response, error, options.log));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    Promise.try(() => {
      const url = new URL(request.url ?? "/", "http://worker");
      const admitted = admit(request, url);
      socket.on("close", options.streams.open(admitted.action, admitted.subject));
      return upgrades.serve({ ...admitted, url }, { request, socket, head });
    }).catch((error: unknown) => refuseUpgrade(socket, problemOf(error, options.log)));
  });
  server.requestTimeout = 0; // an exec's answer may take an hour; the api bounds its own requests
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve: (host) => {
      ctx = host;
    },
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => void upgrades.settled().then(() => resolve()));
        server.closeIdleConnections();
        setTimeout(() => {
          upgrades.close();
          server.closeAllConnections();
        }, 1_000).unref();
      }),
  };
}

function problemOf(error: unknown, log: Log): ProblemError {
  if (error instanceof ProblemError) return error;
  log.error(errorFields(error), "stream failed");
  return new ProblemError("internal", "The worker failed; the operator's log says why.");
}

function fail(response: ServerResponse, error: unknown, log: Log): void {
  const problem = problemOf(error, log);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(PROBLEMS[problem.code].status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code: problem.code, detail: problem.detail, extra: problem.extra }));
}
