import type { IncomingMessage } from "node:http";
import { LINK_NAME } from "@hafen/core";
import { protocolOf } from "./port-host.ts";

/** RFC 9110, 7.6.1: these belong to one connection, as does what `Connection` names. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** `Connection` may not name these: what they say holds on our connection as well. */
const KEPT = ["host", "content-length"];
const FORWARDED = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
/** Node would send a chunked body where one of another method has none. */
const WITHOUT_BODY = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"];

type Pair = [name: string, value: string];

/** What a container gets of a request's headers, credentials already taken out. */
export function requestHeaders(request: IncomingMessage, headers: readonly string[], upgrade: boolean): string[] {
  const seen = request.headers;
  const sent = endToEnd(pairsOf(headers)).filter(([name]) => !FORWARDED.includes(name.toLowerCase()));
  const clients = [seen["x-forwarded-for"] ?? [], request.socket.remoteAddress ?? ""].flat();
  sent.push(["X-Forwarded-For", clients.join(", ")]);
  sent.push(["X-Forwarded-Host", seen.host ?? ""]);
  sent.push(["X-Forwarded-Proto", protocolOf(request)]);
  if (upgrade) sent.push(["Connection", "Upgrade"], ["Upgrade", seen.upgrade ?? ""]);
  else if (seen["transfer-encoding"] !== undefined) sent.push(["Transfer-Encoding", "chunked"]);
  else if (seen["content-length"] === undefined && !WITHOUT_BODY.includes(request.method ?? ""))
    sent.push(["Content-Length", "0"]);
  return sent.flat();
}

/** What a client gets of a container's headers. */
export function responseHeaders(headers: readonly string[]): string[] {
  return endToEnd(pairsOf(headers)).flatMap(([name, value]) => {
    if (name.toLowerCase() !== "set-cookie") return [name, value];
    const cookie = ownCookie(value);
    return cookie === undefined ? [] : [name, cookie];
  });
}

/** A cookie for the container's own host alone, and none that takes the place of Hafen's. */
function ownCookie(value: string): string | undefined {
  const [pair = "", ...attributes] = value.split(";");
  if (pair.split("=")[0]?.trim() === LINK_NAME) return undefined;
  return [pair, ...attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute))].join(";");
}

function endToEnd(pairs: Pair[]): Pair[] {
  const named = pairs
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(",").map((each) => each.trim().toLowerCase()))
    .filter((name) => !KEPT.includes(name));
  const gone = new Set([...HOP_BY_HOP, ...named]);
  return pairs.filter(([name]) => !gone.has(name.toLowerCase()));
}

function pairsOf(headers: readonly string[]): Pair[] {
  return Array.from({ length: headers.length / 2 }, (_, at) => [headers[at * 2] ?? "", headers[at * 2 + 1] ?? ""]);
}
