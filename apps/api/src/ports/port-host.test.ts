import assert from "node:assert/strict";
import { test } from "node:test";
import { portHostOf, portUrls } from "./port-host.ts";

const ID = "01m87zz52fepd9vtemxwfvh94n";

test("a port's host is told from every other, whatever the port behind the colon", () => {
  const found = { port: 8080, container: ID };
  for (const host of [
    `8080-${ID}.localhost`,
    `8080-${ID}.localhost:7070`,
    `8080-${ID}.LOCALHOST:1`,
    `8080-${ID}.localhost.`,
  ])
    assert.deepEqual(portHostOf(host, "localhost"), found, host);
  assert.deepEqual(portHostOf("80-my.app.ports.example.com", "ports.example.com"), { port: 80, container: "my.app" });
  for (const host of [
    undefined,
    "",
    "localhost:7070",
    "127.0.0.1:7070",
    "hafen.localhost",
    "-x.localhost",
    "80-.localhost",
    `80-${ID}.localhost.example.com`,
    `80-${ID}.otherlocalhost`,
    "[::1]:7070",
  ])
    assert.equal(portHostOf(host, "localhost"), undefined, host);
});

test("a port's address is on the port and over the protocol that the request came by", () => {
  const url = (headers: Record<string, string>, domain = "localhost") => portUrls(domain, { headers })(`ctr_${ID}`, 80);
  assert.equal(url({ host: "127.0.0.1:7070" }), `http://80-${ID}.localhost:7070`);
  assert.equal(url({ host: "[::1]:7070" }), `http://80-${ID}.localhost:7070`);
  assert.equal(
    url({ host: "hafen.example.com", "x-forwarded-proto": "https, http" }, "ports.example.com"),
    `https://80-${ID}.ports.example.com`,
  );
  assert.equal(url({ host: "a:b", "x-forwarded-proto": "javascript" }), `http://80-${ID}.localhost`);
});
