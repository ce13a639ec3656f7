import assert from "node:assert/strict";
import { test } from "node:test";
import { clientAddress, readTrustedProxies } from "./client-address.ts";

const none = readTrustedProxies("");
const ours = readTrustedProxies("10.0.0.0/8, fd00::1");

test("without a trusted proxy a client is where it connects from, whatever it claims", () => {
  assert.equal(clientAddress("203.0.113.7", "127.0.0.1", none), "203.0.113.7");
  assert.equal(clientAddress("203.0.113.7", "127.0.0.1", ours), "203.0.113.7");
  assert.equal(clientAddress("::ffff:203.0.113.7", undefined, none), "203.0.113.7");
});

test("behind trusted proxies it is the last address that none of them has", () => {
  assert.equal(clientAddress("10.0.0.2", "198.51.100.4", ours), "198.51.100.4");
  assert.equal(clientAddress("::ffff:10.0.0.2", "6.6.6.6, 198.51.100.4, 10.1.1.1", ours), "198.51.100.4");
  assert.equal(clientAddress("fd00::1", "2001:db8::5", ours), "2001:db8::5");
});

test("what is no address ends the chain at who said it", () => {
  for (const claimed of ["", "unknown", "198.51.100.4, evil", "1.2.3.4:80"])
    assert.equal(clientAddress("10.0.0.2", claimed, ours), "10.0.0.2");
});

test("what is neither address nor network is refused at start", () => {
  for (const text of ["proxy.example", "10.0.0.0/33", "10.0.0.0/8/8", "fd00::/129", "10.0.0.0/"])
    assert.throws(() => readTrustedProxies(text), /HAFEN_TRUSTED_PROXIES/, text);
});
