import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { addressOf, readTrustedProxies } from "./client-address.ts";

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
  }) as unknown as IncomingMessage;

test("a client is whom the outermost trusted proxy saw, and what it says of itself is not believed", () => {
  const trusts = readTrustedProxies("10.0.0.0/8, fd00::/8,192.0.2.1");
  for (const [peer, forwarded, client] of [
    ["203.0.113.7", undefined, "203.0.113.7"],
    ["203.0.113.7", "198.51.100.1", "203.0.113.7"],
    ["10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
    ["::ffff:10.0.0.1", "203.0.113.7, 10.1.2.3, 192.0.2.1", "203.0.113.7"],
    ["fd00::1", "2001:DB8::1", "2001:db8::1"],
    ["10.0.0.1", "10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", "nonsense", "10.0.0.1"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    [undefined, "203.0.113.7", ""],
  ] as const)
    assert.equal(addressOf(from(peer, forwarded), trusts), client, `${peer} ${forwarded}`);
});

test("without trusted proxies nobody's header is believed, and what is no address is refused", () => {
  assert.equal(addressOf(from("127.0.0.1", "203.0.113.7"), readTrustedProxies("")), "127.0.0.1");
  assert.throws(() => readTrustedProxies("example.com"), /invalid/);
});
