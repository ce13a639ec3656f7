import assert from "node:assert/strict";
import test from "node:test";
import { bytesPerLayer } from "./layer-bytes.ts";

const entry = (sizeBytes: number, layer = true) => ({ sizeBytes, layer });

test("sizes are the layers', base first", () => {
  const history = [entry(0, false), entry(2), entry(0), entry(0, false), entry(1_985_602)];
  assert.deepEqual(bytesPerLayer(history, 3), [1_985_602, 0, 2]);
  assert.deepEqual(bytesPerLayer([], 0), []);
});

test("a history that has not as many layers as the image tells nothing", () => {
  assert.deepEqual(bytesPerLayer([entry(1)], 2), []);
  assert.deepEqual(bytesPerLayer([], 1), []);
});
