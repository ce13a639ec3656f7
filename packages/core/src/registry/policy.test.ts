import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf } from "../secret/keys.ts";
import { readRegistryPolicy } from "./policy.ts";

test("what is wrong with the operator's settings is told by their names", () => {
  assert.throws(() => readRegistryPolicy("ghcr.io, no registry"), /^Error: HAFEN_REGISTRIES: .*no registry/);
  assert.throws(() => keysOf("x"), /^Error: HAFEN_SECRET_KEY: a secret key is 32 random bytes/);
});
