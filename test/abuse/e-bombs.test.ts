import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Container, CreateContainer, Hafen } from "@hafen/sdk";
import Docker from "dockerode";
import { openPort } from "../api/ask-port.ts";
import { abuse, eventually, requireEnv, startWorld, type World } from "../support/index.ts";
import { openVictim, type Victim } from "./victim.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
/** How long a bomb that does not end by itself is let be. */
const BOMB_MS = 2_000;
const LOG_BYTES = 20 * MIB;

let world: World;
let user: Hafen & { apiKey: string };
let victim: Victim;
let docker: Docker;
before(async () => {
  world = await startWorld();
  user = await world.user("attacker");
  victim = await openVictim(await world.user("victim"));
  docker = new Docker({ socketPath: requireEnv("HAFEN_TEST_ENGINE").replace("unix://", "") });
});
after(() => world[Symbol.asyncDispose]());

const bomb = (script: string, more: Partial<CreateContainer> = {}): Promise<Container> =>
  user.containers.create({ image: "busybox", command: ["sh", "-c", script], ...more }, WAIT);
const ended = async (id: string) => {
  const { settled, termination } = await user.containers.wait(id, { timeoutSeconds: 60 });
  assert.ok(settled, "it has not ended");
  return termination;
};
const remove = (id: string) => user.containers.remove(id, { force: true, ...WAIT });
const sh = async (id: string, script: string) =>
  (await user.containers.exec(id, { command: ["sh", "-c", script] })).stdout.trim();

abuse("E1", "a fork bomb", async () => {
  let most = 0;
  let running = "";
  const said = await victim.during(async () => {
    // Each leaves a process behind: a shell that may not fork any more ends, and the bomb with it.
    const { id } = await bomb("b() { sleep 1000 & b | b & b; }; b & exec sleep 1000", { limits: { pids: 200 } });
    running = id;
    const pids = await cgroupFile(id, "pids/pids.current", "pids.current");
    const until = Date.now() + BOMB_MS;
    while (Date.now() < until) {
      most = Math.max(most, Number(readFileSync(pids, "utf8")));
      await delay(50);
    }
  });
  assert.ok(most > 50 && most <= 200, `${most} processes`);
  await user.containers.kill(running, {}, WAIT);
  assert.equal((await ended(running))?.cause, "stopped");
  await remove(running);
  return `${most} of 200 processes, and a kill ends it; ${said}`;
});

abuse("E2", "memory by the heap, a tmpfs, /dev/shm and the page cache", async () => {
  const limits = { memoryBytes: 48 * MIB };
  const mounts: CreateContainer["mounts"] = [{ type: "tmpfs", target: "/t", sizeBytes: 1024 * MIB }];
  const ends: string[] = [];
  const said = await victim.during(async () => {
    const bombs = await Promise.all([
      bomb("exec tail /dev/zero", { limits }),
      bomb("exec dd if=/dev/zero of=/t/f bs=1M", { limits, mounts }),
      bomb("exec dd if=/dev/zero of=/dev/shm/f bs=1M", { limits }),
      bomb("for i in 1 2 3; do dd if=/dev/zero of=/f bs=1M count=100 conv=fsync || exit 9; done", { limits }),
    ]);
    for (const { id } of bombs) {
      const termination = await ended(id);
      ends.push(`${termination?.cause}${termination?.limitBytes === undefined ? "" : " at its limit"}`);
      await remove(id);
    }
  });
  assert.deepEqual(ends.slice(0, 2), ["oom at its limit", "oom at its limit"]);
  // It may be full first.
  assert.match(ends[2] ?? "", /^(oom at its limit|error)$/);
  assert.equal(ends[3], "completed", "pages of files are given back");
  return `they end as ${ends.join(", ")}; ${said}`;
});

abuse("E5", "connections by the hundred to a port of one's own", async () => {
  const { id, ports } = await bomb("while :; do nc -l -p 8080 -e cat; done", {
    ports: [{ container: 8080, public: true }],
  });
  const url = ports[0]?.url ?? "";
  const codes = new Map<number | string, number>();
  const said = await victim.during(async () => {
    const opened = Array.from({ length: 700 }, async () => {
      const answer = await openPort(url, { path: "/" }).catch((error: NodeJS.ErrnoException) => error.code ?? "error");
      const code = typeof answer === "string" ? answer : (answer.statusCode ?? 0);
      if (typeof answer !== "string") answer.destroy();
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
    await Promise.race([Promise.all(opened), delay(BOMB_MS)]);
    await remove(id);
    await Promise.all(opened);
  });
  return `700 connections: ${[...codes].map(([code, count]) => `${count} × ${code}`).join(", ")}; ${said}`;
});

abuse("E6", "a flood of output, a line of 200 MB, NUL bytes, lines that look like the engine's", async () => {
  const fake = '{"log":"forged\\n","stream":"stderr","time":"2001-01-01T00:00:00Z"}';
  const floods: string[] = [];
  const said = await victim.during(async () => {
    const scripts = ["exec yes", "head -c 200000000 /dev/zero | tr '\\0' x; sleep 100", "cat /dev/zero"];
    for (const { id } of await Promise.all(scripts.map((script) => bomb(script)))) floods.push(id);
    await delay(BOMB_MS);
  });
  const sizes: number[] = [];
  for (const id of floods) {
    sizes.push(await logBytes(id));
    assert.ok((sizes.at(-1) ?? 0) <= LOG_BYTES + MIB, `${sizes.at(-1)} bytes of log`);
    await remove(id);
  }
  const forger = await bomb(`echo '${fake}'; printf 'a\\0b\\r\\033[2J\\n'`);
  await ended(forger.id);
  const lines = await Array.fromAsync(user.containers.logs(forger.id));
  assert.deepEqual(
    lines.map(({ stream, text }) => [stream, text]),
    [
      ["stdout", fake],
      ["stdout", "a\0b\r\x1b[2J"],
    ],
  );
  await remove(forger.id);
  return `${sizes.map((size) => `${(size / MIB).toFixed(1)} MiB`).join(", ")} of log on the disk, and a forged line is a line; ${said}`;
});

abuse("E8", "ten that burn processors, and what would put them before others", async () => {
  const limits = { cpus: 0.2 };
  const shares: number[] = [];
  const said = await victim.during(async () => {
    const burners = await Promise.all(Array.from({ length: 10 }, () => bomb("while :; do :; done", { limits })));
    const files = await Promise.all(burners.map(({ id }) => cgroupFile(id, "cpuacct/cpuacct.usage", "cpu.stat")));
    const [began, used] = [performance.now(), files.map(cpuMs)];
    await delay(BOMB_MS);
    const elapsed = performance.now() - began;
    for (const [at, file] of files.entries()) shares.push((cpuMs(file) - (used[at] ?? 0)) / elapsed);
    const first = burners[0]?.id ?? "";
    const pushed = await sh(first, "nice -n -20 true; echo $?; renice -n -20 1; echo $?; chrt -f 99 true; echo $?");
    assert.doesNotMatch(pushed, /^0$/m, pushed);
    for (const { id } of burners) await remove(id);
  });
  // A period's length may be counted to either side.
  assert.ok(
    shares.every((share) => share <= 0.2 * 1.1 + 0.04),
    shares.join(", "),
  );
  return `each of 10 has ${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)} of its 0.2 processors, no priority is raised; ${said}`;
});

abuse("E13", "200 execs at once", async () => {
  const { id } = await bomb("exec sleep 1000", { limits: { pids: 64 } });
  const codes = new Map<string, number>();
  const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1);
  const leaving = new AbortController();
  const said = await victim.during(async () => {
    const execs = Array.from({ length: 200 }, () =>
      user.containers
        .exec(id, { command: ["sleep", "1000"], timeoutSeconds: 100 }, { signal: leaving.signal })
        .then(({ exitCode }) => count(`ended with ${exitCode}`))
        .catch((error: { code: string }) => leaving.signal.aborted || count(error.code)),
    );
    await eventually("half of them are refused", () => [...codes.values()].reduce((sum, each) => sum + each, 0) >= 100);
    leaving.abort();
    await Promise.all(execs);
  });
  assert.ok((codes.get("too_many_streams") ?? 0) > 0, JSON.stringify([...codes]));
  await eventually("none of them runs on", async () => (await user.containers.top(id)).items.length <= 2);
  assert.equal((await user.containers.exec(id, { command: ["true"] })).exitCode, 0, "the container is as before");
  await remove(id);
  return `100 held at once, of the others ${[...codes].map(([code, times]) => `${times} × ${code}`).join(", ")}; ${said}`;
});

/** Of the container's cgroup, in either version of the hierarchy. */
async function cgroupFile(id: string, v1: string, v2: string): Promise<string> {
  const pid = (await world.engine.inspectContainer(id))?.pid;
  const rows = readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [controller = "", file = ""] = v1.split("/");
  const own = rows.find(([, controllers]) => controllers?.split(",").includes(controller));
  const unified = rows.find(([hierarchy]) => hierarchy === "0");
  return own ? join("/sys/fs/cgroup", controller, own[2] ?? "", file) : join("/sys/fs/cgroup", unified?.[2] ?? "", v2);
}

/** Processor time so far, in milliseconds. */
function cpuMs(file: string): number {
  const text = readFileSync(file, "utf8");
  const micros = /usage_usec (\d+)/.exec(text)?.[1];
  return micros === undefined ? Number(text) / 1e6 : Number(micros) / 1e3;
}

async function logBytes(id: string): Promise<number> {
  const { LogPath } = await docker.getContainer(id).inspect();
  const directory = dirname(LogPath);
  const logs = readdirSync(directory).filter((name) => name.includes("-json.log"));
  return logs.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
