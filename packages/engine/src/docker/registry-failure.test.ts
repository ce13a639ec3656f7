import assert from "node:assert/strict";
import test from "node:test";
import type { RegistryFailureReason } from "../engine.ts";
import { EngineError } from "../error.ts";
import { registryFailure } from "./registry-failure.ts";
import { saidByRegistry } from "./resolve.ts";

/** As engine 20.10 passes them on. */
const SAID: [RegistryFailureReason, string, number?][] = [
  ["unauthorized", 'Head "http://127.0.0.1:15001/v2/priv/bb/manifests/1": no basic auth credentials', 500],
  ["unauthorized", "unauthorized: authentication required", 500],
  [
    "unauthorized",
    "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    404,
  ],
  ["unauthorized", "denied: requested access to the resource is denied"],
  ["unauthorized", 'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password', 500],
  ["not_found", "manifest for 127.0.0.1:15002/nope:1 not found: manifest unknown: manifest unknown", 404],
  ["not_found", "manifest unknown: manifest unknown", 404],
  ["not_found", "no matching manifest for linux/arm64 in the manifest list entries", 404],
  ["not_found", "nobody has heard of it", 404],
  ["unreachable", 'Get "http://127.0.0.1:15999/v2/": dial tcp 127.0.0.1:15999: connect: connection refused', 500],
  ["unreachable", 'Get "https://nosuch.invalid/v2/": dial tcp: lookup nosuch.invalid: no such host', 500],
  ["unreachable", 'Get "https://127.0.0.1:1/v2/": x509: certificate signed by unknown authority', 500],
  ["unreachable", "received unexpected HTTP status: 502 Bad Gateway", 500],
  ["refused", "blob upload invalid: the moon is full", 500],
];

for (const [reason, text, status] of SAID) {
  test(`${reason}: ${text.slice(0, 70)}`, () => assert.equal(registryFailure(text, status).reason, reason));
}

test("an engine that fails is no failure of a registry, but one that waits for a registry too long is", () => {
  const silent = new EngineError("unavailable", "resolve ghcr.io/x:1: no answer within 120 s");
  assert.deepEqual(saidByRegistry(silent), {
    type: "failed",
    reason: "unreachable",
    message: "no answer within 120 s",
  });
  const status = (statusCode: number) => Object.assign(new Error("unauthorized"), { statusCode });
  for (const error of [
    new EngineError("unavailable", "x", { cause: new Error("connect ECONNREFUSED") }),
    new EngineError("no_space", "x", { cause: status(500) }),
    new EngineError("aborted", "x"),
    new Error("x"),
  ])
    assert.throws(
      () => saidByRegistry(error),
      (thrown) => thrown === error,
    );
  assert.equal(saidByRegistry(new EngineError("unavailable", "x", { cause: status(500) })).reason, "unauthorized");
});
