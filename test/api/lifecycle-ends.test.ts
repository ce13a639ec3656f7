import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
const MIB = 1024 * 1024;

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("ends", { running: 60, cpus: 60 });
});
after(() => world[Symbol.asyncDispose]());

const sh = (script: string) => ["sh", "-c", script];
async function output(id: string): Promise<string[]> {
  return (await Array.fromAsync(user.containers.logs(id))).map(({ text }) => text);
}
/** Runs to its first line of output, so that what the script has set up is set up. */
async function runUntilReady(script: string, body: object = {}): Promise<string> {
  const { id } = await user.containers.create({ image: "busybox", command: sh(script), ...body }, WAIT);
  for await (const _ of user.containers.logs(id, { follow: true })) return id;
  return assert.fail("it ended without a line");
}

describe("a container that ends by itself", () => {
  for (const [code, cause] of [
    [0, "completed"],
    [1, "error"],
    [42, "error"],
    [255, "error"],
  ] as const) {
    test(`with exit code ${code} is exited for the cause ${cause}`, async () => {
      const { id } = await user.containers.create({ image: "busybox", command: sh(`exit ${code}`) });
      const { settled, state, exitCode, termination } = await user.containers.wait(id);
      assert.deepEqual(
        { settled, state, exitCode, cause: termination?.cause },
        { settled: true, state: "exited", exitCode: code, cause },
      );
      const { desired, finishedAt, startedAt } = await user.containers.get(id);
      assert.equal(desired, "exited");
      assert.ok(finishedAt !== null && startedAt !== null && startedAt <= finishedAt);
    });
  }

  test("by a signal of its own says which", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: sh("sh -c 'kill -USR1 $$' ; exit 138") });
    const { termination, exitCode } = await user.containers.wait(id);
    assert.equal(exitCode, 138);
    assert.equal(termination?.cause, "signal");
    assert.equal(termination?.signal, "SIGUSR1");
  });

  test("whose command the image does not have ends with 127, and one that cannot be executed with 126", async () => {
    const endOf = async (command: string[]) => {
      const { id } = await user.containers.create({ image: "busybox", command });
      await user.containers.wait(id);
      return user.containers.get(id);
    };
    const missing = await endOf(["no-such-command"]);
    assert.equal(missing.state, "exited");
    assert.equal(missing.exitCode, 127);
    assert.equal(missing.termination?.cause, "error");
    assert.match(missing.termination?.detail ?? "", /no such command/);
    const forbidden = await endOf(["/etc"]);
    assert.equal(forbidden.exitCode, 126);
    assert.ok((await output(missing.id)).some((line) => line.includes("no-such-command")));
  });

  test("for memory says so, with its limit", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: ["tail", "/dev/zero"],
      limits: { memoryBytes: 16 * MIB },
    });
    const { termination, state, exitCode } = await user.containers.wait(id);
    assert.equal(state, "exited");
    assert.equal(exitCode, 137);
    assert.equal(termination?.cause, "oom");
    assert.equal(termination?.limitBytes, 16 * MIB);
  });

  test("F37 while only a child was killed for memory keeps its own exit code", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: sh("tail /dev/zero; exit 0"),
      limits: { memoryBytes: 16 * MIB },
    });
    const { termination, exitCode } = await user.containers.wait(id);
    assert.equal(exitCode, 0);
    assert.equal(termination?.cause, "completed");
  });
});

describe("stop", () => {
  test("lets a process end on SIGTERM with its own exit code, and says who stopped it", async () => {
    const id = await runUntilReady("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done");
    const stopped = await user.containers.stop(id, {}, WAIT);
    assert.equal(stopped.state, "exited");
    assert.equal(stopped.exitCode, 7);
    assert.equal(stopped.termination?.cause, "stopped");
    assert.equal(stopped.termination?.by, (await user.me()).id);
    assert.deepEqual(await output(id), ["ready", "bye"]);
  });

  test("ends a process that ignores SIGTERM with SIGKILL after the grace period", async () => {
    const id = await runUntilReady("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    const stopped = await user.containers.stop(id, { graceSeconds: 1 }, WAIT);
    assert.equal(stopped.exitCode, 137);
    assert.equal(stopped.termination?.cause, "stopped");
  });

  test("sends the signal that was asked for", async () => {
    const id = await runUntilReady("trap 'exit 9' USR2; trap '' TERM; echo ready; while :; do sleep 0.1; done");
    assert.equal((await user.containers.stop(id, { signal: "SIGUSR2" }, WAIT)).exitCode, 9);
  });

  test("sends the image's STOPSIGNAL when none was asked for", async () => {
    const dockerfile = "FROM busybox\nSTOPSIGNAL SIGINT\n";
    const build = await user.builds.createFromFiles({ dockerfile }, { tag: "stopsignal", ...WAIT });
    assert.equal(build.state, "succeeded");
    const id = await runUntilReady("trap 'exit 3' INT; trap '' TERM; echo ready; while :; do sleep 0.1; done", {
      image: "stopsignal",
    });
    assert.equal((await user.containers.stop(id, {}, WAIT)).exitCode, 3);
  });

  test("a kill while a long stop is under way ends it at once", async () => {
    const id = await runUntilReady("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    const stopping = await user.containers.stop(id, { graceSeconds: 300 });
    assert.equal(stopping.desired, "exited");
    const killed = await user.containers.kill(id, {}, WAIT);
    assert.equal(killed.state, "exited");
    assert.equal(killed.exitCode, 137);
  });

  test("a removal by force while a long stop is under way removes it at once", async () => {
    const id = await runUntilReady("trap '' TERM; echo ready; while :; do sleep 0.1; done");
    await user.containers.stop(id, { graceSeconds: 300 });
    assert.equal((await user.containers.remove(id, { force: true, ...WAIT })).state, "removed");
  });
});

describe("start and restart", () => {
  const COUNT = "echo line >> /count; wc -l < /count; trap 'exit 0' TERM; while :; do sleep 0.1; done";

  test("start again goes on with the writable layer of before", async () => {
    const id = await runUntilReady(COUNT);
    await user.containers.stop(id, {}, WAIT);
    const again = await user.containers.start(id, WAIT);
    assert.equal(again.state, "running");
    assert.deepEqual([again.termination, again.exitCode, again.finishedAt], [null, null, null]);
    await eventually("the second run printed", async () => (await output(id)).length === 2);
    assert.deepEqual(await output(id), ["1", "2"]);
  });

  test("restart makes a new process with the data of before, and the container keeps its id and name", async () => {
    const id = await runUntilReady(COUNT);
    const first = await user.containers.get(id);
    const second = await user.containers.restart(id, { graceSeconds: 5 }, WAIT);
    assert.deepEqual([second.id, second.name, second.state], [id, first.name, "running"]);
    assert.ok((second.startedAt ?? "") > (first.startedAt ?? ""));
    await eventually("the second run printed", async () => (await output(id)).length === 2);
    assert.deepEqual(await output(id), ["1", "2"]);
  });

  test("restart of a process that ignores SIGTERM kills it after the grace period", async () => {
    const id = await runUntilReady("trap '' TERM; echo run; while :; do sleep 0.1; done");
    const again = await user.containers.restart(id, { graceSeconds: 0 }, WAIT);
    assert.equal(again.state, "running");
    await eventually("the second run printed", async () => (await output(id)).length === 2);
  });

  test("a command that ended by itself can be started again and ends again", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: sh("echo run; exit 4") });
    assert.equal((await user.containers.wait(id)).exitCode, 4);
    await user.containers.start(id);
    assert.equal((await user.containers.wait(id)).exitCode, 4);
    assert.deepEqual(await output(id), ["run", "run"]);
  });
});

describe("kill", () => {
  test("with another signal than SIGKILL is a message: the container goes on", async () => {
    const id = await runUntilReady("trap 'echo got-it' USR1; echo ready; while :; do sleep 0.1; done");
    const answer = await user.containers.kill(id, { signal: "SIGUSR1" });
    assert.equal(answer.state, "running");
    await eventually("it printed", async () => (await output(id)).includes("got-it"));
    assert.equal((await user.containers.get(id)).state, "running");
  });

  test("with SIGTERM ends a process that does not handle it, for the cause signal", async () => {
    const id = await runUntilReady("echo ready; exec sleep 1000");
    await user.containers.kill(id, { signal: "SIGTERM" });
    const { exitCode, termination } = await user.containers.wait(id);
    assert.equal(exitCode, 143);
    assert.equal(termination?.cause, "signal");
    assert.equal(termination?.signal, "SIGTERM");
  });
});

describe("wait", () => {
  test("answers settled: false when its time is over, and settled at the end otherwise", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    assert.equal((await user.containers.wait(id, { timeoutSeconds: 0.2 })).settled, false);
    const waiting = user.containers.wait(id);
    await user.containers.kill(id);
    assert.equal((await waiting).settled, true);
  });

  test("answers when the container is removed", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const waiting = user.containers.wait(id);
    await user.containers.remove(id, { force: true });
    const { settled, state } = await waiting;
    assert.equal(settled, true);
    assert.ok(state === "removed" || state === "exited", state);
  });
});
