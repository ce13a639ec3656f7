import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ProblemError } from "@hafen/contract";
import { tunnel } from "@hafen/process";
import { problemOfDial } from "./dial.ts";
import { requestHeaders, responseHeaders } from "./forwarded-headers.ts";
import { create, upstreamsOf } from "./upstreams.ts";

const MAX_HEADER_BYTES = 64 * 1024;

export interface Forwarded {
  request: IncomingMessage;
  response: ServerResponse;
  /** For a request to leave HTTP, and then speak what both sides know. */
  upgrade?: { socket: Duplex; head: Buffer } | undefined;
  /** The request's, without what was Hafen's. */
  target: string;
  headers: readonly string[];
  /** What a connection may be used again for. */
  name: string;
  dial: () => Promise<Duplex>;
  refuse: (problem: ProblemError) => void;
}

/** Sends a request on and its answer back, both at the slower side's pace, and ends with whichever side goes. */
export function forward(forwarded: Forwarded, isRetry = false): void {
  const { request, response, upgrade, refuse } = forwarded;
  const outgoing = send(forwarded, isRetry);
  const leave = () => {
    if (!request.complete || !response.writableFinished) outgoing.destroy();
  };
  response.on("close", leave);
  outgoing.on("error", (error) => {
    response.off("close", leave);
    if (response.headersSent || response.destroyed) return void response.destroy();
    // The server closed the connection that was kept as we used it. Only GET and HEAD get one, and may be sent again.
    if (outgoing.reusedSocket && !isRetry) return forward(forwarded, true);
    refuse(problemOfDial(error));
  });
  outgoing.on("continue", () => request.headers.expect !== undefined && response.writeContinue());
  outgoing.on("response", (incoming) => answer(forwarded, incoming));
  outgoing.on("upgrade", (incoming, socket, head) => {
    response.off("close", leave);
    if (!upgrade) {
      socket.destroy(); // nobody asked it to leave HTTP
      return refuse(problemOfDial(undefined));
    }
    response.statusCode = 101; // for the log
    join(upgrade, incoming, socket, head);
  });
  if (upgrade || !hasBody(request)) return void outgoing.end();
  outgoing.flushHeaders();
  request.pipe(outgoing);
}

function send(forwarded: Forwarded, isRetry: boolean): ClientRequest {
  const { request, response, upgrade, target, headers, name, dial } = forwarded;
  const { method } = request;
  const options = {
    method,
    path: target,
    headers: requestHeaders(request, headers, upgrade !== undefined),
    maxHeaderSize: MAX_HEADER_BYTES,
    setHost: false,
    host: name,
    dial: async () => {
      const socket = await dial();
      if (response.destroyed) socket.destroy(); // its client left meanwhile: nobody would ever use it
      return socket;
    },
  };
  // A body that a server did not read to its end would be taken for the next request: such connections are not used again.
  const keeps = (method === "GET" || method === "HEAD") && !upgrade && !isRetry && !hasBody(request);
  const client = response.socket;
  return httpRequest(
    keeps && client ? { ...options, agent: upstreamsOf(client, name) } : { ...options, createConnection: create },
  );
}

function answer({ request, response, refuse }: Forwarded, incoming: IncomingMessage): void {
  const headers = responseHeaders(incoming.rawHeaders);
  // Answered before the request was read: what is still to come must not be taken for the next one.
  if (!request.complete) headers.push("Connection", "close");
  try {
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage ?? "", headers);
  } catch (error) {
    incoming.destroy();
    return refuse(problemOfDial(error)); // a header that HTTP does not allow
  }
  response.flushHeaders();
  // Cut off in the middle it must not look whole.
  incoming.on("close", () => incoming.complete || response.destroy());
  incoming.on("error", () => response.destroy());
  incoming.pipe(response);
}

/** From here on it is no HTTP. */
function join(
  { socket, head }: NonNullable<Forwarded["upgrade"]>,
  incoming: IncomingMessage,
  container: Duplex,
  first: Buffer,
) {
  const headers = responseHeaders(incoming.rawHeaders);
  headers.push("Connection", "Upgrade", "Upgrade", incoming.headers.upgrade ?? "");
  const lines = Array.from({ length: headers.length / 2 }, (_, at) => `${headers[at * 2]}: ${headers[at * 2 + 1]}\r\n`);
  socket.write(`HTTP/1.1 101 ${incoming.statusMessage}\r\n${lines.join("")}\r\n`, "latin1");
  if (head.length > 0) socket.unshift(head);
  if (first.length > 0) container.unshift(first);
  tunnel(socket, container);
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
