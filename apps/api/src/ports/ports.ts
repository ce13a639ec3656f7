import { ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { can, newId, ProblemError, statesFor } from "@hafen/contract";
import { admitToPort, type Admission } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import { errorFields } from "@hafen/process";
import { addressOf } from "../client-address.ts";
import type { Deps } from "../deps.ts";
import { problemOf } from "../errors.ts";
import { workerCall } from "../worker-streams.ts";
import { answerProblem } from "./answer-problem.ts";
import { cookiesCount } from "./cookies-count.ts";
import { takeCredentials } from "./credentials.ts";
import { dialPort } from "./dial.ts";
import { endWithAdmission } from "./end-with-admission.ts";
import { forward, hasBody } from "./forward.ts";
import { openLink } from "./open-link.ts";
import { portHostOf, protocolOf, type PortHost } from "./port-host.ts";

/** The addresses of containers' ports: what asks for one of them never reaches the api's own routes. */
export interface Ports {
  takes(request: IncomingMessage): boolean;
  /** Whether it asks to leave HTTP; one with a body is answered as HTTP. */
  upgrades(request: IncomingMessage): boolean;
  serve(request: IncomingMessage, response: ServerResponse): void;
  serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Cuts what has left HTTP. */
  close(): void;
}

interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  host: PortHost;
  upgrade?: { socket: Duplex; head: Buffer };
}

interface Begun {
  /** For the log. */
  said: Record<string, unknown>;
  /** What is held until the request is over. */
  open: DisposableStack;
  refuse: (error: unknown) => void;
}

export function openPorts(deps: Deps): Ports {
  const upgraded = new Set<Duplex>();
  const hostOf = ({ headers }: IncomingMessage) => portHostOf(headers.host, deps.portsDomain);

  function begin(asked: Asked): void {
    const { request, response, host } = asked;
    const requestId = newId("request");
    const began = performance.now();
    const said: Record<string, unknown> = { requestId, method: request.method, port: host.port };
    const open = new DisposableStack();
    open.defer(() => {
      const durationMs = Math.round((performance.now() - began) * 10) / 10;
      deps.log.info({ ...said, status: response.statusCode, durationMs }, "port request");
    });
    (asked.upgrade?.socket ?? response).once("close", () => open.dispose());
    const refuse = (error: unknown) => {
      const problem = problemOf(error);
      if (problem.code === "internal") deps.log.error({ requestId, ...errorFields(error) }, "port request failed");
      if (!response.headersSent && !response.destroyed) answerProblem(request, response, problem, requestId);
    };
    pass(asked, { said, open, refuse }).catch(refuse);
  }

  async function pass(asked: Asked, { said, open, refuse }: Begun): Promise<void> {
    const { request, response, host, upgrade } = asked;
    const taken = takeCredentials(request.url ?? "", request.rawHeaders);
    const { apiKey, opened, target, headers } = taken;
    const sent = [...taken.tokens, ...(cookiesCount(request) ? taken.cookies : [])];
    const requester = { ...host, apiKey, tokens: opened === undefined ? sent : [opened] };
    const admission = await admitToPort(deps.database.db, requester).catch(async (error: unknown) => {
      if (isGuess(error, requester.tokens))
        await deps.rateLimits.count("failures", addressOf(request, deps.trustedProxies));
      throw error;
    });
    const { container, by } = admission;
    Object.assign(said, { containerId: container.id, by: by.kind === "public" ? by.kind : by.id });
    const isLook = request.method === "GET" || request.method === "HEAD";
    if (opened !== undefined && isLook && !upgrade) {
      return openLink(response, admission, { token: opened, target, secure: protocolOf(request) === "https" });
    }
    if (!can("connect", container.state)) throw notRunning(container);
    const closing = upgrade?.socket ?? response;
    if (closing.destroyed) return;
    open.defer(deps.slots.take("visits", container.userId));
    open.defer(endWithAdmission(deps, requester, admission, () => closing.destroy()));
    forward({
      request,
      response,
      upgrade,
      target,
      headers,
      name: `${container.id}:${host.port}:${nameOf(by)}`,
      dial: () => dial(deps, container, host.port, upgrade !== undefined),
      refuse,
    });
  }

  return {
    takes: (request) => hostOf(request) !== undefined,
    upgrades: (request) => !hasBody(request),
    serve(request, response) {
      const host = hostOf(request);
      if (host) begin({ request, response, host });
    },
    serveUpgrade(request, socket, head) {
      const host = hostOf(request);
      if (!host) return void socket.destroy();
      upgraded.add(socket);
      socket.once("close", () => upgraded.delete(socket));
      begin({ request, response: answerOn(request, socket), host, upgrade: { socket, head } });
    },
    close() {
      for (const socket of upgraded) socket.destroy();
    },
  };
}

/** A key or link that opens nothing; to bring none is no guess. */
function isGuess(error: unknown, tokens: readonly string[]): boolean {
  if (!(error instanceof ProblemError)) return false;
  return error.code === "unauthenticated" || (error.code === "port_private" && tokens.length > 0);
}

/** A failure on the way to the container is known from one of the server in it. */
async function dial(deps: Deps, container: ContainerRow, port: number, allowHalfOpen: boolean): Promise<Duplex> {
  try {
    return await dialPort(await workerCall(deps, container, "connect", { port: String(port) }), allowHalfOpen);
  } catch (error) {
    throw problemOf(error);
  }
}

/** For an upgrade that is answered in plain HTTP after all. */
function answerOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once("finish", () => (socket as Socket).destroySoon());
  return response;
}

/** Not `wrongState`: whoever comes by a link need not learn the container's name. */
function notRunning({ state, desired }: ContainerRow): ProblemError {
  const states = statesFor("connect");
  return new ProblemError(
    "container_wrong_state",
    `The container behind this address is ${state}; its ports are reached when it is ${states.join(" or ")}.`,
    { state, desired, states },
  );
}

function nameOf(by: Admission["by"]): string {
  return by.kind === "public" ? by.kind : by.id;
}
