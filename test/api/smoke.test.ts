import assert from "node:assert/strict";
import { test } from "node:test";
import { startWorld } from "../support/index.ts";

test("a container runs, is waited for, and its output is read", async () => {
  await using world = await startWorld();
  const user = await world.user();
  const made = await user.containers.create(
    { image: "busybox", command: ["sh", "-c", "echo hello; exit 3"] },
    { waitSeconds: 30 },
  );
  const ended = await user.containers.wait(made.id);
  assert.equal(ended.exitCode, 3);
  const lines = await Array.fromAsync(user.containers.logs(made.id, {}));
  assert.deepEqual(
    lines.map((line) => line.text),
    ["hello"],
  );
});
