import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, eventuallyHolds, startWorld, type World } from "../support/index.ts";
import { ask } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const SLEEP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"];

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("races", { running: 60, cpus: 60, memoryBytes: 64 * 1024 ** 3 });
});
after(() => world[Symbol.asyncDispose]());

describe("requests that race", () => {
  test("stop, kill, exec and start of a container whose removal is under way are refused; another removal is fulfilled", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: SLEEP }, WAIT);
    const going = await user.containers.remove(id, { force: true });
    assert.equal(going.desired, "removed");
    const rest = await Promise.allSettled([
      user.containers.stop(id),
      user.containers.kill(id),
      user.containers.start(id),
      user.containers.exec(id, { command: ["true"] }),
    ]);
    assert.deepEqual(
      rest.filter(({ status }) => status === "fulfilled"),
      [],
    );
    const second = await user.containers.remove(id, { force: true, ...WAIT }).catch((error: unknown) => error);
    const state = second instanceof Error && "code" in second ? second.code : (second as { state: string }).state;
    // Gone before it was asked is what was wanted, too.
    assert.ok(state === "removed" || state === "container_not_found", String(state));
    await eventually(
      "it is gone",
      async () => (await ask(world.url, "GET", `/v1/containers/${id}`, { key: user.apiKey })).status === 404,
    );
    assert.equal((await ask(world.url, "DELETE", `/v1/containers/${id}`, { key: user.apiKey })).status, 404);
  });

  test("of 50 racing stops exactly one is accepted, and the container is stopped once", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: SLEEP }, WAIT);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        ask<{ desired?: string; code?: string; state?: string }>(world.url, "POST", `/v1/containers/${id}/stop`, {
          key: user.apiKey,
        }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const fulfilled = answers.filter(({ status, body }) => status === 200 && body.state === "exited");
    const refused = answers.filter(({ status, body }) => status === 409 && body.code === "container_wrong_state");
    assert.equal(accepted.length, 1);
    assert.equal(accepted.length + fulfilled.length + refused.length, 50);
    assert.equal((await user.containers.wait(id)).termination?.cause, "stopped");
    const [stops] = await world.database.sql<
      { n: number }[]
    >`select count(*)::int as n from audit_log where subject = ${id} and action = 'container.stop'`;
    assert.equal(stops?.n, 1);
  });

  test("of 50 racing starts exactly one is accepted, and the process is started once", async () => {
    const { id } = await user.containers.create(
      { image: "busybox", command: ["sh", "-c", "echo start >> /starts; sleep 1000"], start: false },
      WAIT,
    );
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask(world.url, "POST", `/v1/containers/${id}/start`, { key: user.apiKey })),
    );
    assert.equal(answers.filter(({ status }) => status === 202).length, 1);
    await eventually("it runs", async () => (await user.containers.get(id)).state === "running");
    const { stdout } = await user.containers.exec(id, { command: ["cat", "/starts"] });
    assert.equal(stdout, "start\n");
  });

  test("starts, stops, restarts and kills at once leave a container that is what the last accepted one asked for", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: SLEEP }, WAIT);
    for (let round = 0; round < 4; round++) {
      await Promise.allSettled([
        user.containers.stop(id, { graceSeconds: 1 }),
        user.containers.restart(id, { graceSeconds: 1 }),
        user.containers.kill(id),
        user.containers.start(id),
      ]);
    }
    // A restart under way says running, and wants running, while the engine's container is between two runs.
    await eventuallyHolds(async () => {
      const { state, desired } = await user.containers.get(id);
      const [engine] = await world.engine.listContainers({ key: "hafen.id", value: id });
      assert.deepEqual([state, engine?.state], [desired, desired]);
    });
  });

  test("a removal by force that races with a start leaves nothing", async () => {
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => (await user.containers.create({ image: "busybox", command: SLEEP })).id),
    );
    await Promise.all(ids.map((id) => user.containers.remove(id, { force: true, ...WAIT })));
    for (const id of ids) assert.deepEqual(await world.engine.listContainers({ key: "hafen.id", value: id }), []);
    assert.deepEqual(
      (await user.containers.list({ limit: 200 })).items.filter(({ id }) => ids.includes(id)),
      [],
    );
  });
});
