import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertConverges, eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;
const sh = (script: string) => ["sh", "-c", script];

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("life", { running: 60, cpus: 20, memoryBytes: 16 * 1024 * MIB });
});
after(() => world[Symbol.asyncDispose]());

async function running(body: object = {}): Promise<string> {
  return (await user.containers.create({ image: "busybox", command: ["sleep", "1000"], ...body }, WAIT)).id;
}
async function exec(id: string, script: string): Promise<string> {
  return (await user.containers.exec(id, { command: sh(script) })).stdout.trim();
}

describe("pause", () => {
  test("freezes its processes where they are, and unpause lets them go on", async () => {
    const id = await running({ command: sh("i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.01; done") });
    await eventually("it counts", async () => Number(await exec(id, "cat /count")) > 3);
    const paused = await user.containers.pause(id, WAIT);
    assert.deepEqual([paused.state, paused.desired], ["paused", "paused"]);
    const count = async () => {
      const tar = Buffer.concat(await Array.fromAsync(user.containers.getFiles(id, "/count")));
      return Number(tar.subarray(512, 520).toString().trim().replaceAll("\0", ""));
    };
    const frozenAt = await count();
    await refusal(user.containers.exec(id, { command: ["true"] }), "container_wrong_state");
    assert.equal(await count(), frozenAt);
    const resumed = await user.containers.unpause(id, WAIT);
    assert.deepEqual([resumed.state, resumed.startedAt], ["running", paused.startedAt]);
    await eventually("it counts on", async () => (await count()) > frozenAt);
    const types = (await user.events.list({ subject: id })).map(({ type }) => type);
    assert.ok(types.indexOf("container.paused") < types.indexOf("container.unpaused"));
  });

  test("outlives its worker, and counts as running in the quota", async () => {
    const id = await running();
    const { usage } = await user.me();
    await user.containers.pause(id, WAIT);
    assert.deepEqual((await user.me()).usage, usage);
    await world.worker.kill();
    await world.worker.start();
    await assertConverges(world);
    assert.equal((await user.containers.get(id)).state, "paused");
    for (const act of ["stop", "kill"] as const) {
      const other = await running();
      await user.containers.pause(other, WAIT);
      const ended = await (act === "stop"
        ? user.containers.stop(other, { graceSeconds: 1 }, WAIT)
        : user.containers.kill(other, {}, WAIT));
      assert.deepEqual([ended.state, ended.termination?.cause], ["exited", "stopped"], act);
    }
    assert.equal((await user.containers.restart(id, { graceSeconds: 0 }, WAIT)).state, "running");
  });

  test("on the host, behind Hafen's back, is followed both ways", async () => {
    const id = await running();
    const [{ id: engineId } = { id: "" }] = await world.engine.listContainers({ key: "hafen.id", value: id });
    await world.engine.pauseContainer(engineId);
    await eventually("the row follows", async () => (await user.containers.get(id)).state === "paused");
    await assertConverges(world);
    await world.engine.unpauseContainer(engineId);
    await eventually("the row follows", async () => (await user.containers.get(id)).state === "running");
    await assertConverges(world);
  });
});

describe("rename", () => {
  test("gives it another name at once, which is then taken, and frees the old one", async () => {
    const id = await running({ name: "before" });
    assert.equal((await user.containers.rename("before", "after")).name, "after");
    assert.equal((await user.containers.get("after")).id, id);
    await refusal(user.containers.get("before"), "container_not_found");
    await user.containers.create({ image: "busybox", name: "before", start: false });
    await refusal(user.containers.rename(id, "before"), "name_taken");
    await refusal(user.containers.rename(id, "ctr_01m87zk41vfmevfxx0hdednyja"), "invalid_request");
    assert.equal((await user.containers.rename(id, "after")).name, "after", "its own name is not taken");
    const told = await user.events.list({ subject: id, type: "container.renamed" });
    assert.deepEqual(
      told.map(({ data }) => [data["from"], data["name"]]),
      [["before", "after"]],
    );
  });

  test("of many that want one name at the same time one gets it", async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, () => user.containers.create({ image: "busybox", start: false })),
    );
    const results = await Promise.allSettled(ids.map(({ id }) => user.containers.rename(id, "wanted")));
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [(result.reason as { code: string }).code] : [],
    );
    assert.deepEqual(refused, Array(7).fill("name_taken"));
  });
});

describe("limits of a running container", () => {
  const memoryOf = (id: string) =>
    exec(id, "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null");

  test("change in the kernel while its process runs on", async () => {
    const id = await running({ limits: { memoryBytes: 64 * MIB, pids: 32 } });
    const { startedAt } = await user.containers.get(id);
    const updated = await user.containers.update(id, { limits: { memoryBytes: 128 * MIB, cpus: 0.5 } }, WAIT);
    assert.deepEqual(updated.limits, { memoryBytes: 128 * MIB, cpus: 0.5, pids: 32 });
    assert.deepEqual([updated.pendingLimits, updated.limitsRefused, updated.startedAt], [null, null, startedAt]);
    assert.equal(await memoryOf(id), String(128 * MIB));
    await user.containers.restart(id, { graceSeconds: 0 }, WAIT);
    assert.equal(await memoryOf(id), String(128 * MIB), "kept over a restart");
  });

  test("that are less than what it holds are refused, and those of before hold", async () => {
    const id = await running({
      command: sh("dd if=/dev/zero of=/dev/shm/held bs=1M count=40 2>/dev/null; echo ready; exec sleep 1000"),
      limits: { memoryBytes: 96 * MIB },
    });
    for await (const _ of user.containers.logs(id, { follow: true })) break;
    const error = await refusal(
      user.containers.update(id, { limits: { memoryBytes: 8 * MIB } }, WAIT),
      "limits_refused",
    );
    assert.match(error.detail, /holds more memory/);
    const now = await user.containers.get(id);
    assert.deepEqual([now.limits.memoryBytes, now.pendingLimits, now.state], [96 * MIB, null, "running"]);
    assert.match(now.limitsRefused ?? "", /holds more memory/);
    assert.equal(await memoryOf(id), String(96 * MIB));
    assert.equal((await user.containers.update(id, { ttlSeconds: 3600 }, WAIT)).ttlSeconds, 3600, "an older refusal");
    assert.equal((await user.containers.update(id, { limits: { memoryBytes: 128 * MIB } }, WAIT)).limitsRefused, null);
  });

  test("take quota for what they add, as soon as they are asked for", async () => {
    const poor = await world.user("poor", { running: 5, cpus: 1.5, memoryBytes: 1024 * MIB });
    const { id } = await poor.containers.create(
      { image: "busybox", command: ["sleep", "1000"], limits: { cpus: 1, memoryBytes: 512 * MIB } },
      WAIT,
    );
    await world.worker.kill();
    assert.equal(
      (await poor.containers.update(id, { limits: { memoryBytes: 1024 * MIB } })).pendingLimits?.memoryBytes,
      1024 * MIB,
    );
    assert.equal((await poor.me()).usage.memoryBytes, 1024 * MIB);
    await refusal(poor.containers.update(id, { limits: { cpus: 2 } }), "quota_exceeded");
    await refusal(poor.containers.create({ image: "busybox", limits: { memoryBytes: 16 * MIB } }), "quota_exceeded");
    await world.worker.start();
    await eventually(
      "the host has put them on",
      async () => (await poor.containers.get(id)).limits.memoryBytes === 1024 * MIB,
    );
    assert.equal(
      (await poor.containers.update(id, { limits: { memoryBytes: 256 * MIB } }, WAIT)).limits.memoryBytes,
      256 * MIB,
    );
    assert.equal((await poor.me()).usage.memoryBytes, 256 * MIB);
  });

  test("of one that does not run hold from its next start; a body that asks for nothing changes nothing", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"], start: false }, WAIT);
    await user.containers.update(id, { limits: { memoryBytes: 32 * MIB } }, WAIT);
    await user.containers.start(id, WAIT);
    assert.equal(await memoryOf(id), String(32 * MIB));
    const unchanged = await user.containers.get(id);
    assert.deepEqual(await user.containers.update(id, {}, WAIT), unchanged);
    for (const body of [
      { limits: { memoryBytes: 1 } },
      { limits: { memory: 1 } },
      { image: "other" },
      { ttlSeconds: 0 },
    ])
      await refusal(user.containers.update(id, body), "invalid_request");
  });
});

describe("a container past its time", () => {
  test("to live is stopped, with its span as the cause; a new start begins a new span", async () => {
    const id = await running({ ttlSeconds: 2, command: sh("trap 'exit 0' TERM; while :; do sleep 0.05; done") });
    const { expiresAt, startedAt } = await user.containers.get(id);
    assert.ok(expiresAt !== null && Date.parse(expiresAt) > Date.parse(startedAt ?? ""));
    const { termination, exitCode } = await user.containers.wait(id);
    assert.deepEqual([termination?.cause, termination?.afterSeconds, exitCode], ["ttl", 2, 0]);
    assert.equal((await user.containers.get(id)).expiresAt, null);
    assert.equal((await user.containers.start(id, WAIT)).state, "running");
    assert.equal((await user.containers.wait(id)).termination?.cause, "ttl");
  });

  test("to live is stopped also when no worker was there in time, and not when it was given more", async () => {
    const [late, longer] = [await running({ ttlSeconds: 3 }), await running({ ttlSeconds: 3 })];
    const extended = await user.containers.update(longer, { ttlSeconds: 3600 });
    assert.ok(Date.parse(extended.expiresAt ?? "") > Date.now() + 3_000_000);
    const endless = await user.containers.update(await running({ ttlSeconds: 3 }), { ttlSeconds: null });
    assert.equal(endless.expiresAt, null);
    await world.worker.kill();
    await eventually(
      "its time is over",
      async () => Date.parse((await user.containers.get(late)).expiresAt ?? "") < Date.now(),
    );
    await world.worker.start();
    assert.equal((await user.containers.wait(late)).termination?.cause, "ttl");
    for (const id of [longer, endless.id]) assert.equal((await user.containers.get(id)).state, "running");
  });

  test("is not started again by its restart policy", async () => {
    const id = await running({ ttlSeconds: 1, restart: { policy: "always" } });
    assert.equal((await user.containers.wait(id)).termination?.cause, "ttl");
    await assertConverges(world);
    assert.equal((await user.containers.get(id)).state, "exited");
  });
});

describe("a container that is idle", () => {
  const IDLE = { idleTimeoutSeconds: 10 };
  const BUSY = "while :; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.1; done";

  test("for its timeout is stopped, whatever its policy; one at work, with a stream open, worked in or without a timeout runs on", async () => {
    const working = await running({ ...IDLE, command: sh(BUSY) });
    const attached = await running(IDLE);
    const session = await user.containers.attach(attached);
    const execed = await running(IDLE);
    const open = await user.containers.execStream(execed, { command: ["sleep", "1000"] });
    const without = await running();
    const idle = await running({ ...IDLE, restart: { policy: "always" } });
    const { termination, state } = await user.containers.wait(idle);
    assert.deepEqual([state, termination?.cause, termination?.afterSeconds], ["exited", "idle", 10]);
    for (const id of [working, attached, execed, without])
      assert.equal((await user.containers.get(id)).state, "running", id);
    session.close();
    open.close();
    for (const id of [attached, execed]) assert.equal((await user.containers.wait(id)).termination?.cause, "idle");
    assert.equal((await user.containers.get(working)).state, "running");
    await user.containers.update(working, { idleTimeoutSeconds: null });
    await user.containers.stop(working, { graceSeconds: 0 });
  });

  test("over a killed worker is stopped all the same", async () => {
    const id = await running(IDLE);
    await world.worker.kill();
    await eventually(
      "its time is over",
      async () => Date.parse((await user.containers.get(id)).startedAt ?? "") < Date.now() - 11_000,
    );
    await world.worker.start();
    assert.equal((await user.containers.wait(id)).termination?.cause, "idle");
  });
});

describe("a container that removes itself", () => {
  test("goes some seconds after its end, with the anonymous volumes that nobody else mounts", async () => {
    const { id, mounts } = await user.containers.create({
      image: "busybox",
      command: sh("echo last words"),
      autoRemove: true,
      mounts: [
        { type: "volume", target: "/anonymous" },
        { type: "volume", source: "named", target: "/named" },
      ],
    });
    assert.deepEqual([(await user.containers.wait(id)).exitCode, mounts.length], [0, 2]);
    const words = (await Array.fromAsync(user.containers.logs(id))).map(({ text }) => text);
    assert.deepEqual(words, ["last words"], "whoever follows has the time to read them");
    await eventually("it is gone", async () =>
      (await user.containers.list({ limit: 200 })).items.every((each) => each.id !== id),
    );
    await assertConverges(world);
    const volumes = (await user.volumes.list()).items.map(({ name }) => name);
    assert.deepEqual(volumes, ["named"]);
  });

  test("goes also when it could not be made, and stays while it is started again", async () => {
    const { id } = await user.containers.create({ image: "busybox", user: "nobody-knows", autoRemove: true }, WAIT);
    const again = await user.containers.create(
      { image: "busybox", command: sh("[ -e /mark ] && exec sleep 1000; touch /mark"), autoRemove: true },
      WAIT,
    );
    await user.containers.wait(again.id);
    await user.containers.start(again.id, WAIT);
    await eventually("the failed one is gone", async () =>
      (await user.containers.list({ limit: 200 })).items.every((each) => each.id !== id),
    );
    assert.equal((await user.containers.get(again.id)).state, "running");
  });
});
