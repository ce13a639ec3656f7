import assert from "node:assert/strict";
import { test } from "node:test";
import { innerRegistries } from "./inner-registries.ts";

test("of the operator's registries those inside are opened, each on its port alone", async () => {
  const allowed = new Set([
    "10.1.2.3:5000",
    "192.168.0.9",
    "203.0.113.80:5000",
    "localhost:5001",
    "ghcr.io",
    "no.invalid",
  ]);
  assert.deepEqual(await innerRegistries(allowed), ["10.1.2.3 . 5000", "192.168.0.9 . 443", "127.0.0.1 . 5001"]);
});
