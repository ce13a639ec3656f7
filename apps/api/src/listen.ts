import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { newId, ProblemError, REQUEST_HEAD_BYTES } from "@hafen/contract";
import { Counter } from "@hafen/process";
import { getRequestListener } from "@hono/node-server";
import type { Deps } from "./deps.ts";
import { problemOf } from "./errors.ts";
import { boundConnections, type ConnectionLimits } from "./http/connections.ts";
import { checkHead } from "./http/head.ts";
import { answerMalformed } from "./http/malformed.ts";
import { boundPipelining } from "./http/pipelining.ts";
import { dropSlowClients, type Patience } from "./http/slow-clients.ts";
import { readTls, renewTls, type TlsFiles } from "./http/tls.ts";
import { hasJsonType, type App } from "./mount.ts";
import { answerProblem } from "./ports/answer-problem.ts";
import type { Ports } from "./ports/ports.ts";
import { acceptUpgrades, wantsWebSocket } from "./upgrades.ts";

export interface Where {
  hostname: string;
  port: number;
  tls: TlsFiles | undefined;
  connections: ConnectionLimits;
  /** A client that sends or takes nothing for so long is left. */
  stallMs: number;
}
export interface Listening {
  port: number;
  close(): Promise<void>;
}

const CLOSE_MS = 2_000;
/** A tar may take its time to be made, as a browser does to read on in a film. */
const PATIENT = 15;

/** Serves the api's own routes, and before them the addresses of containers' ports, on one address. */
export async function listen(app: App, ports: Ports, deps: Deps, where: Where): Promise<Listening> {
  const refusals = new Counter({
    name: "hafen_http_refused_total",
    help: "Connections and requests that were refused before a route saw them",
    labelNames: ["reason"],
    registers: [deps.metrics],
  });
  const refused = (reason: string) => refusals.inc({ reason });
  const own = getRequestListener(app.fetch, { hostname: where.hostname });
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.socket.destroyed) return;
    try {
      checkHead(request, { isPort: ports.takes(request) });
    } catch (error) {
      return refuse(request, response, problemOf(error));
    }
    return ports.takes(request) ? ports.serve(request, response) : void own(request, response);
  };
  const refuse = (request: IncomingMessage, response: ServerResponse, problem: ProblemError) => {
    const requestId = newId("request");
    refused(problem.code);
    deps.log.info({ requestId, method: request.method, code: problem.code }, "refused a request for its head");
    answerProblem(request, response, problem, requestId);
  };
  const options = {
    maxHeaderSize: REQUEST_HEAD_BYTES,
    requireHostHeader: false, // `checkHead` says so in our own words
    // How often late ones are looked for.
    connectionsCheckingInterval: where.stallMs / 4,
    shouldUpgradeCallback: (request: IncomingMessage) =>
      ports.takes(request) ? ports.upgrades(request) : wantsWebSocket(request),
  };
  const { server, stop } = openServer(options, where, deps);
  server.on("request", answer);
  // Whether to send the body is for the container to say; our own routes always want it.
  server.on("checkContinue", (request, response) => {
    if (!ports.takes(request)) response.writeContinue();
    server.emit("request", request, response);
  });
  server.on("checkExpectation", (request, response) =>
    refuse(request, response, new ProblemError("invalid_request", "Expect takes 100-continue.")),
  );
  server.maxHeadersCount = 0; // those over a limit would be left out unsaid; `checkHead` has one
  server.requestTimeout = 30 * 60_000;
  server.keepAliveTimeout = 65_000;
  boundPipelining(server, refused);
  boundConnections(server, where.connections, { trusts: deps.trustedProxies, refused });
  answerMalformed(server, { log: deps.log, refused });
  dropSlowClients(server, where.stallMs, { patience: (request) => patience(request, ports, where.stallMs), refused });
  const upgrades = acceptUpgrades(server, app, ports, refused);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(where.port, where.hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      stop();
      upgrades.close();
      ports.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref();
      await closed;
    },
  };
}

function openServer(options: object, { tls, stallMs }: Where, { log }: Deps): { server: Server; stop: () => void } {
  if (tls === undefined) return { server: createServer(options), stop: () => {} };
  const server: TlsServer = createTlsServer({ ...options, ...readTls(tls), handshakeTimeout: stallMs });
  return { server, stop: renewTls(server, tls, log) };
}

function patience(request: IncomingMessage, ports: Ports, stallMs: number): Patience {
  const isPort = ports.takes(request);
  const isUpload = !isPort && !hasJsonType(request.headers["content-type"]);
  const waitsForContainer = isPort && request.headers.expect !== undefined;
  return {
    sendingMs: isUpload || waitsForContainer ? PATIENT * stallMs : stallMs,
    readingMs: isPort ? PATIENT * stallMs : stallMs,
  };
}
