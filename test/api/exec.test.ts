import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Hafen } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";
import { upgrade } from "./sockets.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let id: string;
before(async () => {
  world = await startWorld();
  user = await world.user();
  ({ id } = await user.containers.create(
    { image: "busybox", command: ["sleep", "100000"], env: { HELLO: "world" } },
    WAIT,
  ));
});
after(() => world[Symbol.asyncDispose]());

const sh = (script: string) => ["sh", "-c", script];

describe("exec", () => {
  test("answers with exit code, standard output and standard error apart", async () => {
    const { durationMs, cpuMs, peakMemoryBytes, oomKilled, ...result } = await user.containers.exec(id, {
      command: sh("echo out; echo err >&2; exit 5"),
    });
    assert.deepEqual(result, { exitCode: 5, timedOut: false, stdout: "out\n", stderr: "err\n", truncated: false });
    assert.ok(durationMs > 0);
    // A command of a few milliseconds may be over before it is counted, and then says so.
    assert.ok(cpuMs === null || cpuMs > 0);
    assert.ok(peakMemoryBytes === null || peakMemoryBytes > 0);
    assert.ok(oomKilled === null || !oomKilled);
  });

  test("one that may take longer than a fetch waits goes over a WebSocket, and answers the same", async () => {
    const noFetch = () => Promise.reject(new Error("no fetch"));
    const long = new Hafen({ url: world.url, apiKey: user.apiKey, fetch: noFetch });
    const body = { command: sh("cat; echo err >&2; exit 5"), stdin: "one\ntwo\u00e4\n" };
    const { exitCode, timedOut, stdout, stderr, truncated, ...rest } = await long.containers.exec(id, {
      ...body,
      timeoutSeconds: 3600,
    });
    assert.deepEqual([exitCode, timedOut, stdout, stderr, truncated], [5, false, "one\ntwo\u00e4\n", "err\n", false]);
    assert.deepEqual(Object.keys(rest).toSorted(), ["cpuMs", "durationMs", "oomKilled", "peakMemoryBytes"]);
    const much = { command: sh("head -c 1500000 /dev/zero"), timeoutSeconds: 3600 };
    const cut = await long.containers.exec(id, much);
    assert.deepEqual([cut.stdout.length, cut.truncated], [1024 * 1024, true]);
  });

  test("gives the command its standard input and then end of file", async () => {
    const { stdout, exitCode } = await user.containers.exec(id, { command: ["cat"], stdin: "one\ntwo\u00e4\n" });
    assert.deepEqual([stdout, exitCode], ["one\ntwo\u00e4\n", 0]);
  });

  test("gives all of a megabyte of standard input", async () => {
    const { stdout } = await user.containers.exec(id, { command: ["wc", "-c"], stdin: "x".repeat(1024 * 1024) });
    assert.equal(stdout.trim(), String(1024 * 1024));
  });

  test("a command that does not read its standard input is no error", async () => {
    const { exitCode } = await user.containers.exec(id, { command: ["true"], stdin: "x".repeat(1024 * 1024) });
    assert.equal(exitCode, 0);
  });

  test("has the container's environment, the one given, the directory and the user given", async () => {
    const { stdout } = await user.containers.exec(id, {
      command: sh('echo "$HELLO $MORE"; pwd; id -u'),
      env: { MORE: "a=b c" },
      workingDir: "/tmp",
      user: "65534",
    });
    assert.equal(stdout, "world a=b c\n/tmp\n65534\n");
  });

  test("in a restricted container another user is refused, at its making and at an exec, not ignored", async () => {
    const request = { image: "busybox", profile: "restricted" as const, command: ["sleep", "100000"] };
    await refusal(user.containers.create({ ...request, user: "0" }), "invalid_request");
    const restricted = await user.containers.create({ ...request, user: "65534" }, WAIT);
    const asRoot = { command: ["id"], user: "root" };
    await refusal(user.containers.exec(restricted.id, asRoot), "invalid_request");
    const query = new URLSearchParams({ ...asRoot, command: '["id"]' }).toString();
    const { response } = await upgrade(world, `/v1/containers/${restricted.id}/exec?${query}`, user.apiKey);
    response.resume();
    assert.equal(response.statusCode, 400);
    for (const own of [undefined, "65534", "65534:65534"]) {
      const { stdout } = await user.containers.exec(restricted.id, {
        command: sh("id -u; id -g"),
        ...(own !== undefined && { user: own }),
      });
      assert.equal(stdout, "65534\n65534\n");
    }
    await user.containers.remove(restricted.id, { force: true });
  });

  test("of a command that the container does not have answers 127, and of one it cannot execute 126", async () => {
    assert.equal((await user.containers.exec(id, { command: ["no-such-command"] })).exitCode, 127);
    assert.equal((await user.containers.exec(id, { command: ["/etc/passwd"] })).exitCode, 126);
  });

  test("kills the process and all it started at its time limit, and keeps what it printed", async () => {
    const result = await user.containers.exec(id, {
      command: sh("trap '' TERM; echo begun; sleep 7777 & sleep 7777"),
      timeoutSeconds: 1,
    });
    assert.deepEqual([result.exitCode, result.timedOut, result.stdout], [null, true, "begun\n"]);
    await eventually("none of its processes is left", async () => {
      const { stdout } = await user.containers.exec(id, { command: ["ps", "-o", "args"] });
      return !stdout.includes("sleep 7777");
    });
    assert.equal((await user.containers.get(id)).state, "running");
  });

  test("kills the process when the client leaves", async () => {
    const leave = new AbortController();
    const running = user.containers
      .exec(id, { command: ["sleep", "8888"] }, { signal: leave.signal })
      .catch((error: unknown) => error);
    const runs = async () =>
      (await user.containers.exec(id, { command: ["ps", "-o", "args"] })).stdout.includes("sleep 8888");
    await eventually("it runs", runs);
    leave.abort();
    await running;
    await eventually("it is gone", async () => !(await runs()));
  });

  test("cuts an output over 1 MiB off and says so", async () => {
    const { stdout, stderr, truncated, exitCode } = await user.containers.exec(id, {
      command: sh("dd if=/dev/zero bs=1024 count=3000 2>/dev/null | tr '\\0' x; echo end >&2"),
    });
    assert.equal(stdout.length, 1024 * 1024);
    assert.deepEqual([stderr, truncated, exitCode], ["end\n", true, 0]);
  });

  test("ten at once each get their own output", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => user.containers.exec(id, { command: ["echo", String(i)] })),
    );
    assert.deepEqual(
      answers.map(({ stdout }) => stdout),
      Array.from({ length: 10 }, (_, i) => `${i}\n`),
    );
  });

  test("in a container that does not run is refused with the states that allow it", async () => {
    const idle = await user.containers.create({ image: "busybox", start: false }, WAIT);
    const error = await refusal(user.containers.exec(idle.id, { command: ["true"] }), "container_wrong_state");
    assert.deepEqual([error.status, error.states], [409, ["running"]]);
  });

  test("as a user or in a directory that the container does not have says so", async () => {
    for (const body of [{ user: "nobody-knows" }, { workingDir: "/no/such" }]) {
      const { exitCode, stdout, stderr } = await user.containers.exec(id, { command: ["true"], ...body });
      assert.equal(exitCode, 126);
      assert.match(stdout + stderr, /nobody-knows|no\/such/);
    }
  });

  test("of a container that ends meanwhile answers", async () => {
    const short = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const running = user.containers.exec(short.id, { command: ["sleep", "9999"] });
    await eventually("it runs", async () =>
      (await user.containers.exec(short.id, { command: ["ps"] })).stdout.includes("sleep 9999"),
    );
    await user.containers.kill(short.id);
    assert.notEqual((await running).exitCode, 0);
  });
});
