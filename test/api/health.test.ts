import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const CHECK = { test: ["CMD-SHELL", "echo looked; test -e /well"], intervalSeconds: 2, timeoutSeconds: 5, retries: 1 };

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("health", { running: 20, cpus: 20 });
});
after(() => world[Symbol.asyncDispose]());

async function running(body: object = {}): Promise<string> {
  const made = { image: "busybox", command: ["sleep", "1000"], healthcheck: CHECK, ...body };
  return (await user.containers.create(made, WAIT)).id;
}
const says = (id: string, status: string | undefined) =>
  eventually(`it is ${status}`, async () => (await user.containers.get(id)).health?.status === status);

describe("a health check", () => {
  test("is shown from starting to its verdict and to the next, with what it printed, and told", async () => {
    const id = await running({ healthcheck: { ...CHECK, startPeriodSeconds: 60 } });
    assert.equal((await user.containers.get(id)).health?.status, "starting");
    await user.containers.exec(id, { command: ["touch", "/well"] });
    await says(id, "healthy");
    const { health, healthcheck } = await user.containers.get(id);
    assert.deepEqual([health?.failingStreak, health?.last?.exitCode, health?.last?.output], [0, 0, "looked\n"]);
    assert.deepEqual(healthcheck?.test, CHECK.test);
    await user.containers.exec(id, { command: ["rm", "/well"] });
    await says(id, "unhealthy");
    assert.equal((await user.containers.get(id)).state, "running", "an unhealthy container runs on");
    const told = await user.events.list({ subject: id, type: "container.health" });
    assert.deepEqual(
      told.map(({ data }) => data["status"]),
      ["healthy", "unhealthy"],
    );
    assert.equal((await user.containers.stop(id, { graceSeconds: 0 }, WAIT)).health, null);
  });

  test("is waited for: the answer comes with the verdict, or with the container's end", async () => {
    const id = await running();
    const waiting = user.containers.wait(id, { condition: "healthy" });
    await user.containers.exec(id, { command: ["touch", "/well"] });
    const { settled, state, health } = await waiting;
    assert.deepEqual([settled, state, health?.status], [true, "running", "healthy"]);
    const ill = await user.containers.wait(await running(), { condition: "healthy" });
    assert.equal(ill.health?.status, "unhealthy");
    const ended = await user.containers.wait(await running({ command: ["true"] }), { condition: "healthy" });
    assert.deepEqual([ended.settled, ended.state, ended.health], [true, "exited", null]);
    const started = await running({ healthcheck: { ...CHECK, startPeriodSeconds: 600 } });
    const slow = await user.containers.wait(started, { condition: "healthy", timeoutSeconds: 0 });
    assert.deepEqual([slow.settled, slow.health?.status], [false, "starting"]);
    await refusal(
      user.containers.wait(await running({ healthcheck: null }), { condition: "healthy" }),
      "no_healthcheck",
    );
  });

  test("goes on over a worker that is killed, and its verdict meanwhile is seen", async () => {
    const id = await running();
    await user.containers.exec(id, { command: ["touch", "/well"] });
    await says(id, "healthy");
    await user.containers.exec(id, { command: ["rm", "/well"] });
    await world.worker.kill();
    await eventually(
      "the engine knows",
      async () => (await world.engine.inspectContainer(id))?.health?.status === "unhealthy",
    );
    await world.worker.start();
    await says(id, "unhealthy");
    await assertConverges(world);
  });

  test("of a form that is none is refused", async () => {
    for (const healthcheck of [
      { test: [] },
      { test: "true" },
      { command: ["true"] },
      { test: ["CMD"], intervalSeconds: -1 },
    ]) {
      const answer = await ask(world.url, "POST", "/v1/containers", {
        key: user.apiKey,
        json: { image: "busybox", healthcheck },
      });
      assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"], JSON.stringify(healthcheck));
    }
    const { failure } = await user.containers.create({ image: "busybox", healthcheck: { test: ["true"] } }, WAIT);
    assert.equal(failure?.code, "refused");
  });
});
