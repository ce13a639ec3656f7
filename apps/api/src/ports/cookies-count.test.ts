import assert from "node:assert/strict";
import { test } from "node:test";
import { cookiesCount } from "./cookies-count.ts";

const HOST = "80-a.localhost:7070";
const counts = (headers: Record<string, string>, method = "GET") =>
  cookiesCount({ method, headers: { host: HOST, ...headers } });
const SOCKET = { upgrade: "websocket", "sec-fetch-mode": "websocket" };

test("a cookie counts for who goes to the address, for its own pages, and for programs", () => {
  for (const headers of [
    {},
    { origin: `http://${HOST}` },
    { origin: `http://${HOST.toUpperCase()}` },
    { origin: "null", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    { ...SOCKET, origin: `http://${HOST}`, "sec-fetch-site": "same-origin" },
  ])
    assert.ok(counts(headers), JSON.stringify(headers));
  assert.ok(counts({ origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }, "POST"));
});

test("a cookie does not count for a page of another host, though it be of the same site", () => {
  const others = [{ origin: "http://80-b.localhost:7070" }, { origin: "null" }, { "sec-fetch-site": "same-site" }];
  for (const headers of [...others, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }]) {
    assert.ok(!counts(headers), JSON.stringify(headers));
    assert.ok(!counts({ ...SOCKET, ...headers }), JSON.stringify(headers));
    assert.ok(!counts({ ...headers, "sec-fetch-mode": "navigate" }, "POST"), "a form that is posted");
  }
  assert.ok(!counts({ upgrade: "websocket", "sec-fetch-mode": "navigate", origin: "http://80-b.localhost:7070" }));
});
