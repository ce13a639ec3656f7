import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";

let world: World;
before(async () => {
  world = await startWorld({ redis: false });
});
after(() => world[Symbol.asyncDispose]());

test("without Redis a Dockerfile becomes a container all the same", async () => {
  const user = await world.user();
  const build = await user.builds.createFromFiles(
    { dockerfile: 'FROM busybox\nRUN echo from-postgres > /said\nCMD ["cat", "/said"]\n' },
    { tag: "app", waitSeconds: 60 },
  );
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  const container = await user.containers.create({ image: "app" });
  const ended = await user.containers.wait(container.id);
  assert.equal(ended.exitCode, 0);
  const lines = [];
  for await (const line of user.containers.logs(container.id)) lines.push(line.text);
  assert.deepEqual(lines, ["from-postgres"]);
});

test("without Redis the service is ready, and says so of its queue", async () => {
  const answer = (await (await fetch(`${world.url}/readyz`)).json()) as { checks: Record<string, string> };
  assert.equal(answer.checks["queue"], "ok");
});
