import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapConfig } from "./config.ts";

test("the service is said to be where it listens, over what it speaks, unless the operator says where", () => {
  const urlWith = (env: NodeJS.ProcessEnv) => bootstrapConfig(env).url;
  assert.equal(urlWith({}), "http://127.0.0.1:7070");
  assert.equal(urlWith({ HAFEN_ADDRESS: "0.0.0.0", HAFEN_PORT: "80" }), "http://127.0.0.1:80");
  assert.equal(urlWith({ HAFEN_TLS_CERT_FILE: "/cert.pem" }), "https://127.0.0.1:7070");
  assert.equal(urlWith({ HAFEN_TLS_CERT_FILE: "" }), "http://127.0.0.1:7070");
  assert.equal(urlWith({ HAFEN_PUBLIC_URL: "https://hafen.example.com/" }), "https://hafen.example.com");
  assert.throws(() => urlWith({ HAFEN_PUBLIC_URL: "hafen.example.com" }), /HAFEN_PUBLIC_URL/);
});
