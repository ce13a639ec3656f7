import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenStreams } from "./open-streams.ts";

test("a stream is use while it is open, and once more when it was opened and closed since the last question", () => {
  const streams = new OpenStreams();
  const close = streams.open("connect", "ctr_1");
  streams.open("exec", "ctr_2")();
  streams.open("logs", "ctr_3");
  assert.deepEqual([...streams.takeUsed()].toSorted(), ["ctr_1", "ctr_2"]);
  assert.deepEqual([...streams.takeUsed()], ["ctr_1"]);
  close();
  assert.deepEqual([...streams.takeUsed()], ["ctr_1"], "it was open until a moment ago");
  assert.deepEqual([...streams.takeUsed()], []);
});
