import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const sh = (script: string) => ["sh", "-c", script];

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("restarts", { running: 60, cpus: 60 });
});
after(() => world[Symbol.asyncDispose]());

/** How often its process has begun: its writable layer is kept from run to run. */
const COUNTED = "echo run >> /runs; ";
async function runs(id: string): Promise<number> {
  const tar = await Array.fromAsync(user.containers.getFiles(id, "/runs"));
  return Buffer.concat(tar).toString("latin1").match(/run\n/g)?.length ?? 0;
}
const hasRun = (id: string, times: number) => eventually(`${times} runs`, async () => (await runs(id)) >= times);

describe("restart policies", () => {
  test("no: what has ended stays ended", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: sh(`${COUNTED} exit 1`) }, WAIT);
    const { exitCode } = await user.containers.wait(id);
    assert.deepEqual([exitCode, await runs(id)], [1, 1]);
  });

  test("on-failure: a failure is tried again as often as was said, with the data of before, and then ends with its code", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: sh(`${COUNTED} exit 7`),
      restart: { policy: "on-failure", maximumRetryCount: 3 },
    });
    const { exitCode, termination } = await user.containers.wait(id);
    const { restartCount, state, restart } = await user.containers.get(id);
    assert.deepEqual([exitCode, termination?.cause, state, restartCount], [7, "error", "exited", 3]);
    assert.deepEqual(restart, { policy: "on-failure", maximumRetryCount: 3 });
    assert.equal(await runs(id), 4);
    await user.containers.start(id, WAIT);
    await user.containers.wait(id);
    assert.equal((await user.containers.get(id)).restartCount, 3, "a start on request counts from none");
    assert.equal(await runs(id), 8);
  });

  test("on-failure: an end that is none stays ended", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: sh(`${COUNTED} [ $(wc -l < /runs) -ge 3 ]`),
      restart: { policy: "on-failure" },
    });
    assert.equal((await user.containers.wait(id)).exitCode, 0);
    assert.equal(await runs(id), 3);
  });

  for (const policy of ["always", "unless-stopped"] as const) {
    test(`${policy}: however it ends it runs again, until somebody stops it`, async () => {
      const { id } = await user.containers.create({
        image: "busybox",
        command: sh(`${COUNTED} [ $(wc -l < /runs) -ge 3 ] && exec sleep 1000; exit 0`),
        restart: { policy },
      });
      await eventually("its third run stays", async () => {
        const { state, restartCount } = await user.containers.get(id);
        return state === "running" && restartCount === 2;
      });
      const stopped = await user.containers.stop(id, { graceSeconds: 0 }, WAIT);
      assert.deepEqual([stopped.state, stopped.termination?.cause], ["exited", "stopped"]);
      const ran = await runs(id);
      await assertConverges(world);
      assert.deepEqual([(await user.containers.get(id)).state, await runs(id)], ["exited", ran]);
    });
  }

  test("the pauses grow, the row says when the next start is, and each is told", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: ["false"],
      restart: { policy: "always" },
    });
    await eventually("five restarts", async () => (await user.containers.get(id)).restartCount >= 5);
    await eventually("it waits", async () => (await user.containers.get(id)).state === "restarting");
    const { restartAt, exitCode, termination, desired } = await user.containers.get(id);
    assert.ok(restartAt !== null && Date.parse(restartAt) > Date.now() - 60_000);
    assert.deepEqual([desired, exitCode, termination?.cause], ["running", 1, "error"]);
    const told = (await user.events.list({ subject: id, type: "container.restarting" })).map(({ data }) => data);
    assert.deepEqual(
      told.slice(0, 5).map(({ restartCount, delayMs, exitCode: code }) => [restartCount, delayMs, code]),
      [100, 200, 400, 800, 1600].map((delayMs, at) => [at + 1, delayMs, 1]),
    );
    // A wait for it has come to rest does not wait for a crash loop to end.
    assert.equal(
      await user.containers.start(id).catch((error: { code: string }) => error.code),
      "container_wrong_state",
    );
    const stopped = await user.containers.stop(id, {}, WAIT);
    assert.deepEqual([stopped.state, stopped.restartAt], ["exited", null]);
  });

  test("a restart that is due while its worker is dead happens once the next one is there", async () => {
    const { id } = await user.containers.create(
      {
        image: "busybox",
        command: sh(`${COUNTED} [ -e /stay ] && exec sleep 1000; touch /stay; sleep 1`),
        restart: { policy: "always" },
      },
      WAIT,
    );
    await world.worker.kill();
    await eventually(
      "the engine shows its end",
      async () => (await world.engine.inspectContainer(id))?.state === "exited",
    );
    await world.worker.start();
    await eventually("it runs again", async () => {
      const { state, restartCount } = await user.containers.get(id);
      return state === "running" && restartCount === 1;
    });
    await hasRun(id, 2);
    await assertConverges(world);
  });

  test("a worker killed while it restarts containers starts none of them twice", async () => {
    const ids = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const made = await user.containers.create({
          image: "busybox",
          command: sh(`${COUNTED} exit 1`),
          restart: { policy: "on-failure", maximumRetryCount: 5 },
        });
        return made.id;
      }),
    );
    for (let round = 0; round < 3; round++) {
      await eventually("a restart", async () => (await user.containers.get(ids[round] ?? "")).restartCount > round);
      await world.worker.kill();
      await world.worker.start();
    }
    for (const id of ids) {
      await user.containers.wait(id);
      const { restartCount } = await user.containers.get(id);
      assert.deepEqual([restartCount, await runs(id)], [5, 6]);
    }
    await assertConverges(world);
  });

  test("a policy can be changed, and holds from then on", async () => {
    const { id } = await user.containers.create(
      { image: "busybox", command: sh(`${COUNTED} while [ ! -e /go ]; do sleep 0.05; done; rm /go; exit 3`) },
      WAIT,
    );
    const changed = await user.containers.update(id, { restart: { policy: "always" } });
    assert.deepEqual(changed.restart, { policy: "always", maximumRetryCount: null });
    await user.containers.exec(id, { command: ["touch", "/go"] });
    await hasRun(id, 2);
    await eventually("it runs", async () => (await user.containers.get(id)).state === "running");
    await user.containers.update(id, { restart: { policy: "no" } });
    await user.containers.exec(id, { command: ["touch", "/go"] });
    assert.equal((await user.containers.wait(id)).exitCode, 3);
  });

  test("what is no policy is refused, and so is one for a container that removes itself", async () => {
    const create = (body: object) =>
      ask(world.url, "POST", "/v1/containers", { key: user.apiKey, json: { image: "busybox", ...body } });
    for (const body of [
      { restart: { policy: "sometimes" } },
      { restart: { policy: "always", maximumRetryCount: 3 } },
      { restart: { policy: "on-failure", maximumRetryCount: -1 } },
      { restart: "always" },
      { autoRemove: true, restart: { policy: "always" } },
    ]) {
      const { status, body: answer } = await create(body);
      assert.deepEqual([status, answer["code"]], [400, "invalid_request"], JSON.stringify(body));
    }
  });
});

test("containers with always start when their host has started anew, those with unless-stopped do not", async () => {
  const make = async (policy: "always" | "unless-stopped") => {
    const { id } = await user.containers.create(
      { image: "busybox", command: ["sleep", "1000"], restart: { policy } },
      WAIT,
    );
    await user.containers.stop(id, { graceSeconds: 0 }, WAIT);
    return id;
  };
  const [always, unless] = [await make("always"), await make("unless-stopped")];
  await world.worker.stop();
  await world.worker.start();
  await assertConverges(world);
  assert.equal((await user.containers.get(always)).state, "exited", "a worker that starts anew is no host that does");
  await world.worker.stop();
  await world.database.sql`update hosts set boot_id = 'of another time'`;
  await world.worker.start();
  await eventually("it runs", async () => (await user.containers.get(always)).state === "running");
  assert.equal((await user.containers.get(unless)).state, "exited");
  await refusal(user.containers.remove(always), "container_wrong_state");
});
