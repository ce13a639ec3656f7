import assert from "node:assert/strict";
import { test } from "node:test";
import { readRegistryPolicy } from "./policy.ts";

test("what is wrong with the operator's settings is told by their names", () => {
  assert.throws(() => readRegistryPolicy("ghcr.io, no registry", undefined), /^Error: HAFEN_REGISTRIES: .*no registry/);
  assert.throws(() => readRegistryPolicy("ghcr.io", "x"), /^Error: HAFEN_SECRET_KEY: a secret key is 32 random bytes/);
});
