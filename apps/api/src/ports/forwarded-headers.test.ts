import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { test } from "node:test";
import { requestHeaders, responseHeaders } from "./forwarded-headers.ts";

function asked(method: string, headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage({ remoteAddress: "203.0.113.7" } as Socket);
  return Object.assign(request, { method, headers });
}
const sent = (method: string, headers: Record<string, string>, upgrade = false) =>
  requestHeaders(asked(method, headers), Object.entries(headers).flat(), upgrade);
const FORWARDED = ["X-Forwarded-For", "203.0.113.7", "X-Forwarded-Host", "h", "X-Forwarded-Proto", "http"];

test("what belongs to one connection, and what Connection names, goes no further; Host and length stay", () => {
  const headers = {
    host: "h",
    connection: "close, X-One, host, content-length",
    "x-one": "1",
    "x-two": "2",
    te: "trailers",
    "keep-alive": "timeout=5",
    "proxy-authorization": "Basic x",
    "content-length": "3",
  };
  assert.deepEqual(sent("POST", headers), ["host", "h", "x-two", "2", "content-length", "3", ...FORWARDED]);
});

test("the way a request came is told, after what proxies before us told", () => {
  const headers = {
    host: "h",
    "x-forwarded-for": "198.51.100.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "other",
  };
  assert.deepEqual(sent("GET", headers), [
    "host",
    "h",
    "X-Forwarded-For",
    "198.51.100.1, 203.0.113.7",
    "X-Forwarded-Host",
    "h",
    "X-Forwarded-Proto",
    "https",
  ]);
});

test("a body keeps its length or is sent in chunks, and a request without one gets none", () => {
  assert.deepEqual(sent("POST", { host: "h", "transfer-encoding": "chunked" }).slice(-2), [
    "Transfer-Encoding",
    "chunked",
  ]);
  assert.deepEqual(sent("PROPFIND", { host: "h" }).slice(-2), ["Content-Length", "0"]);
  assert.deepEqual(sent("GET", { host: "h" }), ["host", "h", ...FORWARDED]);
  assert.deepEqual(sent("GET", { host: "h", connection: "Upgrade", upgrade: "tea" }, true).slice(-4), [
    "Connection",
    "Upgrade",
    "Upgrade",
    "tea",
  ]);
});

test("a container sets cookies for its own host alone, and never Hafen's", () => {
  const cookies = [
    "a=1; Domain=localhost; Path=/",
    "b=2;DOMAIN = .example.com;HttpOnly",
    "c=Domain=x; domain",
    "hafen_link=mine; Path=/",
    "d=4; Secure",
  ];
  const raw = cookies.flatMap((cookie) => ["Set-Cookie", cookie]);
  assert.deepEqual(
    responseHeaders([
      "Content-Type",
      "a/b",
      ...raw,
      "Connection",
      "X-Hop",
      "X-Hop",
      "1",
      "Transfer-Encoding",
      "chunked",
    ]),
    [
      "Content-Type",
      "a/b",
      "Set-Cookie",
      "a=1; Path=/",
      "Set-Cookie",
      "b=2;HttpOnly",
      "Set-Cookie",
      "c=Domain=x",
      "Set-Cookie",
      "d=4; Secure",
    ],
  );
});
