import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { ask } from "./ask.ts";
import { raw as rawAt } from "./raw.ts";

let world: World;
let key: string;
before(async () => {
  world = await startWorld({ worker: false, env: { HAFEN_CORS_ORIGINS: "https://app.example.com" } });
  key = (await world.user()).apiKey;
});
after(() => world[Symbol.asyncDispose]());

const raw = (bytes: string) => rawAt(world.url, bytes);
const host = "Host: localhost";
const authorization = () => `Authorization: Bearer ${key}`;
const upgrade =
  "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
const path = "/v1/containers/none/attach";

const KINDS: [
  what: string,
  status: number,
  provoke: () => Promise<{ status: number; headers: Headers; text: string }>,
][] = [
  ["an answer", 200, () => ask(world.url, "GET", "/v1/me", { key })],
  ["the page of the reference", 200, () => ask(world.url, "GET", "/docs")],
  ["metrics", 200, () => ask(world.url, "GET", "/metrics")],
  [
    "a stream",
    200,
    () => ask(world.url, "GET", "/v1/events?follow=false", { key, headers: { accept: "application/x-ndjson" } }),
  ],
  ["a redirect", 302, () => ask(world.url, "GET", "/")],
  ["no content", 204, async () => ask(world.url, "DELETE", `/v1/keys/${(await newKey()).id}`, { key })],
  ["a request that is not valid", 400, () => ask(world.url, "POST", "/v1/volumes", { key, json: {} })],
  ["what is no HTTP", 400, () => raw("nonsense\r\n\r\n")],
  ["two hosts", 400, () => raw(`GET / HTTP/1.1\r\n${host}\r\nHost: other\r\n\r\n`)],
  ["an expectation", 400, () => raw(`GET / HTTP/1.1\r\n${host}\r\nExpect: more\r\nConnection: close\r\n\r\n`)],
  ["no key", 401, () => ask(world.url, "GET", "/v1/me")],
  ["no key at an upgrade", 401, () => raw(`GET ${path} HTTP/1.1\r\n${host}\r\n${upgrade}\r\n\r\n`)],
  ["a missing scope", 403, () => ask(world.url, "GET", "/v1/users", { key })],
  [
    "a foreign origin at an upgrade",
    403,
    () =>
      raw(`GET ${path} HTTP/1.1\r\n${host}\r\n${authorization()}\r\nOrigin: http://evil.example\r\n${upgrade}\r\n\r\n`),
  ],
  ["what is not there", 404, () => ask(world.url, "GET", "/nothing", { key })],
  [
    "what is not there at an upgrade",
    404,
    () => raw(`GET ${path} HTTP/1.1\r\n${host}\r\n${authorization()}\r\n${upgrade}\r\n\r\n`),
  ],
  ["a method", 405, () => ask(world.url, "PUT", "/v1/containers", { key })],
  [
    "a body too large",
    413,
    () => ask(world.url, "POST", "/v1/volumes", { key, json: { name: "x".repeat(3_000_000) } }),
  ],
  ["a long target", 414, () => raw(`GET /${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)],
  [
    "a media type",
    415,
    () => ask(world.url, "POST", "/v1/volumes", { key, body: "x", headers: { "content-type": "text/plain" } }),
  ],
  ["a head too large", 431, () => raw(`GET / HTTP/1.1\r\n${host}\r\nX: ${"a".repeat(300_000)}\r\n\r\n`)],
  [
    "a preflight",
    204,
    () =>
      ask(world.url, "OPTIONS", "/v1/me", {
        headers: { origin: "https://app.example.com", "access-control-request-method": "GET" },
      }),
  ],
  ["no host", 503, () => ask(world.url, "GET", "/readyz")],
  ["a port's address", 401, () => raw(`GET / HTTP/1.1\r\nHost: 80-web.localhost\r\nConnection: close\r\n\r\n`)],
  [
    "a port's address to a person",
    401,
    () => raw(`GET / HTTP/1.1\r\nHost: 80-web.localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n`),
  ],
];
let keys = 0;
const newKey = async () =>
  (await ask<{ id: string }>(world.url, "POST", "/v1/keys", { key, json: { name: `key${++keys}` } })).body;

describe("every kind of answer has the security headers, and is never cached as another's", () => {
  for (const [what, status, provoke] of KINDS)
    test(`${status}: ${what}`, async () => {
      const answer = await provoke();
      assert.equal(answer.status, status, answer.text);
      const said = (name: string) => answer.headers.get(name) ?? "";
      assert.equal(said("x-content-type-options"), "nosniff");
      assert.match(said("x-frame-options"), /^(SAMEORIGIN|DENY)$/);
      assert.match(said("content-security-policy"), /frame-ancestors 'none'/);
      assert.equal(said("referrer-policy"), "no-referrer");
      assert.equal(said("cross-origin-resource-policy"), "same-origin");
      assert.match(said("x-request-id"), /^req_/);
      assert.equal(said("strict-transport-security"), "", "only where there is TLS");
      assert.equal(said("access-control-allow-credentials"), "");
      assert.equal(said("server") + said("x-powered-by"), "");
      if (status >= 400 && !said("content-type").startsWith("text/html"))
        assert.equal(
          JSON.parse(answer.text)[what === "no host" ? "ready" : "status"],
          what === "no host" ? false : status,
        );
    });
});
