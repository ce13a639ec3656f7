import assert from "node:assert/strict";
import test from "node:test";
import { toImageConfig } from "./config.ts";

const PLAIN = {
  entrypoint: [],
  command: ["sh"],
  env: [],
  workingDir: "",
  user: "",
  exposedPorts: [],
  volumes: [],
  labels: {},
  onBuild: [],
};

test("a health check is kept, in seconds, and only what was said of it", () => {
  const healthcheck = { test: ["CMD-SHELL", "true"], intervalMs: 5000, timeoutMs: 1500, startPeriodMs: 0, retries: 2 };
  assert.deepEqual(toImageConfig({ ...PLAIN, healthcheck }).healthcheck, {
    test: ["CMD-SHELL", "true"],
    intervalSeconds: 5,
    timeoutSeconds: 1.5,
    startPeriodSeconds: 0,
    retries: 2,
  });
  assert.deepEqual(toImageConfig({ ...PLAIN, healthcheck: { test: ["NONE"] } }).healthcheck, { test: ["NONE"] });
  assert.deepEqual(toImageConfig({ ...PLAIN, healthcheck: { test: [] } }), PLAIN);
  assert.deepEqual(toImageConfig({ ...PLAIN, stopSignal: "SIGINT" }), { ...PLAIN, stopSignal: "SIGINT" });
});
