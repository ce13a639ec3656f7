import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PROBLEMS, ProblemError } from "@hafen/contract";
import { verifyGrant, type HostCtx, type StreamAction } from "@hafen/core";
import { errorFields, type Log } from "@hafen/process";
import { UsedTokens } from "./used-tokens.ts";
import { answerExec, answerLogs, answerSignal } from "./actions.ts";

export interface StreamRequest {
  containerId: string;
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
};

export interface Listener {
  /** Known before the host is: the lease row carries it. */
  port: number;
  serve(ctx: HostCtx): void;
  close(): Promise<void>;
}

/**
 * The worker's private listener: `POST /streams/<container>/<action>` with a token that the api signed for just that, used once.
 * Users never reach it.
 */
export async function openListener(options: {
  address: string;
  port: number;
  secret: string;
  log: Log;
  metrics: () => Promise<string>;
}): Promise<Listener> {
  const used = new UsedTokens();
  const closing = new AbortController();
  let ctx: HostCtx | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://worker");
    if (request.method === "GET" && url.pathname === "/metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4").end(await options.metrics());
      return;
    }
    const [, containerId = "", action = ""] = /^\/streams\/([a-z0-9_]+)\/([a-z.]+)$/.exec(url.pathname) ?? [];
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const grant = verifyGrant(options.secret, token, Date.now());
    const handle = ACTIONS[action as StreamAction];
    if (
      !ctx ||
      !handle ||
      !grant ||
      grant.action !== action ||
      grant.containerId !== containerId ||
      grant.hostId !== ctx.hostId ||
      !used.take(grant)
    ) {
      throw new ProblemError("unauthenticated", "The stream token is not for this.");
    }
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    await handle(ctx, { containerId, request, response, url, signal: AbortSignal.any([gone.signal, closing.signal]) });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => fail(response, error, options.log));
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
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
      }),
  };
}

function fail(response: ServerResponse, error: unknown, log: Log): void {
  const problem =
    error instanceof ProblemError
      ? error
      : new ProblemError("internal", "The worker failed; the operator's log says why.");
  if (!(error instanceof ProblemError)) log.error(errorFields(error), "stream failed");
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(PROBLEMS[problem.code].status, { "content-type": "application/json" });
  response.end(JSON.stringify({ code: problem.code, detail: problem.detail, extra: problem.extra }));
}
