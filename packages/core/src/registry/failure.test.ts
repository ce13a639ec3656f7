import assert from "node:assert/strict";
import test from "node:test";
import { remoteReference } from "../reference/remote-reference.ts";
import { registryFailed } from "./failure.ts";

const REFERENCE = remoteReference("ghcr.io/team/app:1");

test("what a registry echoes of the credentials is in no failure", () => {
  const login = { username: "alice", password: 'p"ä/ ss' };
  const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const message = `bad ${login.password} and ${basic} and ${JSON.stringify(login.password)} and ${encodeURIComponent(login.password)}`;
  for (const reason of ["unauthorized", "not_found", "unreachable", "too_large", "refused"] as const) {
    const { detail } = registryFailed(REFERENCE, login, { type: "failed", reason, message });
    for (const secret of [login.password, basic, "ss", encodeURIComponent(login.password)])
      assert.ok(!detail.replaceAll("does not", "").includes(secret), `${reason}: ${detail}`);
    assert.match(detail, /\[redacted\]/);
  }
});

test("who has no credentials is told how to store some", () => {
  const failure = registryFailed(REFERENCE, undefined, { type: "failed", reason: "unauthorized", message: "denied" });
  assert.equal(failure.code, "registry_failed");
  assert.match(
    failure.detail,
    /ghcr\.io does not let everybody reach ghcr\.io\/team\/app:1: denied\..*registry login ghcr\.io/,
  );
});
