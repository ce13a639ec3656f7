import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { ContainerHandle, ExecResult, ExecStreamRequest, Hafen, Problem } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { readerOf, upgrade } from "./sockets.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
let world: World;
let user: Hafen & { apiKey: string };
let container: ContainerHandle;
before(async () => {
  world = await startWorld();
  user = await world.user();
  container = await user.containers.use({ image: "busybox", command: ["sleep", "100000"] }, WAIT);
});
after(async () => {
  await container[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const open = (script: string, more: Partial<ExecStreamRequest> = {}) =>
  container.execStream({ command: ["sh", "-c", script], ...more });
const runs = async (part: string) =>
  (await container.top()).items.some(({ command }) => command.join(" ").includes(part));
const pathOf = (query: Record<string, unknown>) =>
  `/v1/containers/${container.id}/exec?${new URLSearchParams(
    Object.entries(query).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  ).toString()}`;
const SLEEP = { command: ["sleep", "1000"] };

describe("an exec over a WebSocket", () => {
  test("gives output apart as it comes, and ends with the exit code and what was used", async () => {
    const exec = await open("echo out; echo err >&2; exit 5");
    assert.deepEqual(await readerOf(exec).toEnd(), { stdout: "out\n", stderr: "err\n" });
    const { exitCode, timedOut, durationMs, cpuMs, oomKilled } = await exec.ended;
    assert.deepEqual([exitCode, timedOut, oomKilled], [5, false, false]);
    assert.ok(durationMs > 0 && (cpuMs === null || cpuMs > 0), `${cpuMs} of ${durationMs}`);
  });

  test("carries every byte both ways, however much waits on either, and the end of input", async () => {
    const exec = await open("cat", { stdin: true });
    const sent = randomBytes(24 * MIB);
    // All is written before anything is read: neither side may stand in the other's way for good.
    const writing = exec.write(sent).then(() => exec.end());
    const { stdout } = await readerOf(exec).toEnd();
    await writing;
    assert.ok(Buffer.from(stdout, "latin1").equals(sent));
    assert.equal((await exec.ended).exitCode, 0);
  });

  test("is a terminal when asked: its size, its one stream, and Ctrl-C", async () => {
    const script = "trap 'echo caught' INT; echo ready; while :; do read line && eval \"$line\"; done";
    const exec = await open(script, { tty: true, stdin: true });
    const reader = readerOf(exec);
    await reader.until(/ready/);
    exec.resize(100, 30);
    await exec.write("stty size\n");
    await reader.until(/30 100\r\n/);
    await exec.write("\u0003");
    await reader.until(/caught/);
    await exec.write("ls /absent; exit 3\n");
    assert.match((await reader.toEnd()).stdout, /No such file/);
    assert.deepEqual([reader.text.stderr, (await exec.ended).exitCode], ["", 3]);
  });

  test("has its environment, directory and user, and a command of many kilobytes", async () => {
    const exec = await open(`echo "$A"; pwd; id -u; : ${"x".repeat(60_000)}`, {
      env: { A: "a=b c\u00e4" },
      workingDir: "/tmp",
      user: "65534",
    });
    assert.equal(Buffer.from((await readerOf(exec).toEnd()).stdout, "latin1").toString(), "a=b c\u00e4\n/tmp\n65534\n");
  });

  test("takes signals for its own process", async () => {
    const exec = await open("trap 'echo hup; exit 9' HUP; echo ready; while :; do sleep 0.05; done");
    const reader = readerOf(exec);
    await reader.until(/ready/);
    exec.signal("SIGHUP");
    assert.match((await reader.toEnd()).stdout, /hup/);
    assert.equal((await exec.ended).exitCode, 9);
  });

  test("ends with 127 for a command that is not there, and 126 for one that cannot be executed", async () => {
    for (const [command, code] of [
      ["no-such-command", 127],
      ["/etc/passwd", 126],
    ] as const) {
      const exec = await container.execStream({ command: [command] });
      await readerOf(exec).toEnd();
      assert.equal((await exec.ended).exitCode, code);
    }
  });

  test("is ended at its time limit with all it started, in a session of its own too", async () => {
    const exec = await open("setsid sleep 7001 >/dev/null 2>&1 & echo up; sleep 7002", { timeoutSeconds: 3 });
    const reader = readerOf(exec);
    await reader.until(/up/);
    await eventually("both run", async () => (await runs("sleep 7001")) && (await runs("sleep 7002")));
    await reader.toEnd();
    const { exitCode, timedOut, cpuMs } = await exec.ended;
    assert.deepEqual([exitCode, timedOut], [null, true]);
    assert.ok(cpuMs === null || cpuMs > 0);
    await eventually("nothing of it is left", async () => !(await runs("sleep 700")));
  });

  test("leaves running what it started on purpose, when it ends by itself", async () => {
    const exec = await open("setsid sleep 7003 >/dev/null 2>&1 & sleep 0.2");
    await readerOf(exec).toEnd();
    assert.equal((await exec.ended).exitCode, 0);
    assert.ok(await runs("sleep 7003"));
  });

  test("goes on when its client detaches, and its time limit with it", async () => {
    const forever = await open("echo up; exec sleep 7004");
    await readerOf(forever).until(/up/);
    await forever.detach();
    const limited = await open("echo up; exec sleep 7005", { timeoutSeconds: 2 });
    await readerOf(limited).until(/up/);
    await limited.detach();
    await eventually("its time is up", async () => !(await runs("sleep 7005")));
    assert.ok(await runs("sleep 7004"));
    await assert.rejects(forever.ended, { code: "aborted" });
  });

  test("is killed with all it started when its client goes away", async () => {
    const exec = await open("trap '' HUP TERM; setsid sleep 7006 & sleep 0.2; echo up; sleep 7007");
    await readerOf(exec).until(/up/);
    exec.close();
    await eventually("nothing of it is left", async () => !(await runs("7006")) && !(await runs("7007")));
  });

  test("on a terminal is hung up when its client goes away, and killed if it does not mind", async () => {
    const polite = await open("(trap '' HUP; exec sleep 7008) >/dev/null 2>&1 & echo up; sleep 7009", {
      tty: true,
      stdin: true,
    });
    await readerOf(polite).until(/up/);
    polite.close();
    const stubborn = await open("trap '' HUP; echo up; while :; do sleep 1; : 7010; done", { tty: true });
    await readerOf(stubborn).until(/up/);
    stubborn.close();
    await eventually("it is hung up", async () => !(await runs("sleep 7009")));
    assert.ok(await runs("sleep 7008"), "what asked not to be hung up stays");
    await eventually("the stubborn one is killed", async () => !(await runs(": 7010")));
  });

  test("in a container that is stopped meanwhile ends with it", async () => {
    await using other = await user.containers.use({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const exec = await other.execStream({ command: ["sh", "-c", "echo up; exec sleep 1000"] });
    const reader = readerOf(exec);
    await reader.until(/up/);
    await other.kill({}, WAIT);
    await reader.toEnd();
    assert.notEqual((await exec.ended).exitCode, 0);
  });

  test("ends with the key it was opened with, and its command too", async () => {
    const { apiKey, id } = await user.keys.create({ name: "short", scopes: ["read", "write"] });
    const socket = new WebSocket(`${world.url.replace("http", "ws")}${pathOf({ command: ["sleep", "7011"] })}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    } as never);
    await once(socket, "open");
    await eventually("it runs", () => runs("sleep 7011"));
    const closed = once(socket, "close") as Promise<[CloseEvent]>;
    await user.keys.revoke(id);
    assert.equal((await closed)[0].code, 1008);
    await eventually("it is gone", async () => !(await runs("sleep 7011")));
  });

  test("is refused as plain HTTP before the upgrade", async () => {
    const other = await world.user();
    const { apiKey: readKey } = await user.keys.create({ name: "reader", scopes: ["read"] });
    const good = pathOf(SLEEP);
    const refusals: [string | undefined, string, number, string][] = [
      [undefined, good, 401, "unauthenticated"],
      [readKey, good, 403, "scope_missing"],
      [other.apiKey, good, 404, "container_not_found"],
      [user.apiKey, pathOf({}), 400, "invalid_request"],
      [user.apiKey, pathOf({ command: "sleep 1" }), 400, "invalid_request"],
      [user.apiKey, pathOf({ command: [] }), 400, "invalid_request"],
      [user.apiKey, pathOf({ command: ["a\0b"] }), 400, "invalid_request"],
      [user.apiKey, pathOf({ ...SLEEP, env: { "A=B": "c" } }), 400, "invalid_request"],
      [user.apiKey, pathOf({ ...SLEEP, tty: "maybe" }), 400, "invalid_request"],
      [user.apiKey, pathOf({ ...SLEEP, timeoutSeconds: 0 }), 400, "invalid_request"],
      [user.apiKey, pathOf({ ...SLEEP, window: 1 }), 400, "invalid_request"],
    ];
    for (const [key, path, status, code] of refusals) {
      const { response, socket } = await upgrade(world, path, key);
      assert.equal(socket, undefined, path);
      const text = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString();
      assert.deepEqual([response.statusCode, (JSON.parse(text) as Problem).code], [status, code], path);
    }
    assert.equal((await ask(world.url, "GET", good, { key: user.apiKey })).status, 426);
    const idle = await user.containers.create({ image: "busybox", start: false }, WAIT);
    const error = await refusal(user.containers.execStream(idle.id, SLEEP), "container_wrong_state");
    assert.deepEqual(error.states, ["running"]);
  });

  test("closes on what a client may not send, and says why", async () => {
    const cases: [string | Uint8Array, number][] = [
      [Buffer.concat([Buffer.of(0), Buffer.alloc(MIB)]), 1009],
      ["text", 1003],
      [Buffer.from("\0no stdin here"), 1008],
      [Buffer.from("\x01not a client's"), 1008],
      [Buffer.from("\x03{"), 1008],
      [Buffer.from('\x03{"type":"signal","signal":"SIGNOT"}'), 1008],
      [Buffer.from('\x03{"type":"read","bytes":-1}'), 1008],
    ];
    for (const [message, code] of cases) {
      const socket = new WebSocket(`${world.url.replace("http", "ws")}${pathOf({ command: ["sleep", "7012"] })}`, {
        headers: { authorization: `Bearer ${user.apiKey}` },
      } as never);
      await once(socket, "open");
      socket.send(message as Uint8Array<ArrayBuffer>);
      const [closed] = (await once(socket, "close")) as [CloseEvent];
      assert.equal(closed.code, code, `${closed.reason} for ${message.slice(0, 20).toString()}`);
    }
    await eventually("none of their commands is left", async () => !(await runs("sleep 7012")));
  });
});

test("POST …/exec ends at its time limit what made itself independent, too", async () => {
  const command = ["sh", "-c", "setsid sleep 7013 >/dev/null 2>&1 & sleep 7014"];
  const { timedOut, exitCode } = await container.exec({ command, timeoutSeconds: 1 });
  assert.deepEqual([timedOut, exitCode], [true, null]);
  await eventually("nothing of it is left", async () => !(await runs("sleep 701")));
});

describe("what an exec tells of its use", () => {
  /** On a busy machine a command may be under way before it is counted, and then nothing is told. */
  async function told(script: string, isWhole = ({ cpuMs }: ExecResult) => cpuMs !== null): Promise<ExecResult> {
    let result: ExecResult | undefined;
    await eventually(`${script} is counted`, async () => {
      result = await container.exec({ command: ["sh", "-c", script] });
      return isWhole(result);
    });
    return result as ExecResult;
  }

  test("is a burner's processor time", async () => {
    const { cpuMs: much } = await told("(dd if=/dev/zero of=/dev/null bs=1M count=20000; :) 2>/dev/null");
    const { cpuMs: little } = await told("sleep 0.3");
    assert.ok((much ?? 0) > 50 && (little ?? 0) < (much ?? 0), `${much} ${little}`);
  });

  test("is the most that an allocator held, on version 1 of cgroups", async () => {
    const { cgroup } = await container.isolation();
    const allocator = `dd if=/dev/zero of=/dev/null bs=${64 * MIB} count=1 2>/dev/null`;
    const { peakMemoryBytes } = await told(allocator, ({ cpuMs, peakMemoryBytes: peak }) =>
      cgroup.version === 1 ? peak !== null : cpuMs !== null,
    );
    if (cgroup.version === 1) assert.ok((peakMemoryBytes ?? 0) > 64 * MIB, `${peakMemoryBytes}`);
    else assert.equal(peakMemoryBytes, null);
  });

  test("F37 is whether the kernel ended it for memory", async () => {
    const sh = (script: string) => container.exec({ command: ["sh", "-c", script] });
    const greedy = await sh("exec tail /dev/zero");
    assert.deepEqual([greedy.exitCode, greedy.oomKilled], [137, true]);
    assert.equal((await sh("sleep 0.1; kill -9 $$")).oomKilled, false);
  });
});
