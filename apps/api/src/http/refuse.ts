import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { newId, toProblem, type ProblemError } from "@hafen/contract";

/** For answers that no route gives. */
export const BARE_HEADERS = {
  "content-type": "application/problem+json",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
} as const;

/** For a year; a name below this one may still be reached without. */
export const TLS_HEADERS = { "strict-transport-security": "max-age=31536000" } as const;

/** Answers on a connection on which no answer has begun, and ends it. Returns the id that the answer names. */
export function refuseOn(socket: Duplex, problem: ProblemError): string {
  const requestId = newId("request");
  const { status, ...rest } = toProblem(problem, requestId);
  const body = Buffer.from(JSON.stringify({ ...rest, status }));
  const headers = {
    ...BARE_HEADERS,
    ...(socket instanceof TLSSocket ? TLS_HEADERS : {}),
    connection: "close",
    "content-length": body.length,
    "x-request-id": requestId,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
  socket.once("finish", () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.resume(); // unread bytes would make a reset of the end
  socket.end(Buffer.concat([Buffer.from(head), body]));
  return requestId;
}
