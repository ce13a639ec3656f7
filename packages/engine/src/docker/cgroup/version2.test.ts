import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { finish, openSubject, type Subject } from "../../conformance/subject.ts";
import { connect, type Client } from "../client.ts";
import { exec } from "../exec.ts";
import { openTestEngine, testEngineHost } from "../test-engine.ts";
import { top } from "../top.ts";
import { type ContainerCgroup, findCgroup } from "./find.ts";
import * as readings from "./readings.ts";

/** All controllers in one directory, as version 2 has them. */
function version2(directory: string, pid: number, containerId: string): ContainerCgroup {
  const at = { cpu: directory, cpuacct: directory, memory: directory, pids: directory, blkio: directory };
  return { containerId, version: 2, unified: directory, at, pid };
}

describe("figures of version 2 of cgroups", () => {
  const FILES = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1\nnr_throttled 2\nthrottled_usec 4000\n",
    "cpu.max": "50000 100000\n",
    "memory.current": "1000000\n",
    "memory.stat": "anon 1\ninactive_file 300000\n",
    "memory.peak": "2000000\n",
    "memory.max": "4000000\n",
    "memory.swap.current": "5\n",
    "memory.swap.max": "0\n",
    "memory.events": "low 0\noom 3\noom_kill 2\n",
    "pids.current": "7\n",
    "pids.max": "max\n",
    "pids.peak": "9\n",
    "io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=1\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n",
  };
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "cgroup-"));
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(directory, name), text);
  });
  after(() => rm(directory, { recursive: true }));

  test("are read in the same words as those of version 1", async () => {
    const cgroup = version2(directory, 1, "x");
    assert.deepEqual(await readings.cpuLimit(cgroup), { quotaUs: 50_000, periodUs: 100_000 });
    assert.deepEqual([await readings.cpuMs(cgroup), await readings.throttledMs(cgroup)], [1500, 4]);
    assert.deepEqual(
      [await readings.memoryUsed(cgroup), await readings.memoryPeak(cgroup), await readings.memoryLimit(cgroup)],
      [700_000, 2_000_000, 4_000_000],
    );
    assert.deepEqual(await readings.swap(cgroup), { limitBytes: 4_000_000, usedBytes: 1_000_005 });
    assert.equal(await readings.oomKills(cgroup), 2);
    assert.deepEqual(
      [await readings.pidsNow(cgroup), await readings.pidsLimit(cgroup), await readings.pidsPeak(cgroup)],
      [7, undefined, 9],
    );
    assert.deepEqual(await readings.blockIo(cgroup), { readBytes: 11, writtenBytes: 22 });
  });

  test("that the kernel does not keep are undefined, and no limit is none", async () => {
    const empty = join(directory, "empty");
    await mkdir(empty);
    await writeFile(join(empty, "cpu.max"), "max 100000\n");
    const cgroup = version2(empty, 1, "x");
    assert.equal((await readings.cpuLimit(cgroup)).quotaUs, undefined);
    assert.equal(await readings.memoryPeak(cgroup), undefined);
    assert.equal(await readings.swap(cgroup), undefined);
  });
});

/** The version 2 tree that is mounted beside those of version 1, or is the only one. */
describe("an exec in the version 2 tree alone", () => {
  let subject: Subject;
  let client: Client;
  before(async () => {
    subject = await openSubject(openTestEngine);
    client = connect(testEngineHost());
  });
  after(async () => {
    client.agent.destroy();
    await subject.close();
  });

  test("has its processor time, no peak, and ends with what it orphaned", async () => {
    const id = await subject.create([["sleep"]]);
    await subject.engine.startContainer(id);
    const found = await findCgroup(client, id);
    assert.ok(found?.unified !== undefined, "the machine mounts no version 2 tree");
    client.cgroups.set(id, version2(found.unified, found.pid, found.containerId));

    const burn = "sleep 0.1; dd if=/dev/zero of=/dev/null bs=1M count=5000 2>/dev/null";
    const session = await exec(client, id, { command: ["sh", "-c", burn], env: [], tty: false, stdin: false });
    assert.equal((await finish(session)).exitCode, 0);
    const { cpuMs = 0, peakMemoryBytes, oomKilled } = (await session.account()) ?? {};
    assert.ok(cpuMs > 20, `${cpuMs}`);
    assert.deepEqual([peakMemoryBytes, oomKilled], [undefined, false]);
    session.close();

    const script = "sleep 0.5; (setsid sleep 4321 >/dev/null 2>&1 &); echo up; exec sleep 4322";
    const orphaning = await exec(client, id, { command: ["sh", "-c", script], env: [], tty: false, stdin: false });
    for await (const _ of orphaning.output) break;
    const left = async () => (await top(client, id)).filter(({ command }) => command[1]?.startsWith("432")).length;
    while ((await left()) < 2);
    await orphaning.kill();
    while ((await left()) > 0);
    orphaning.close();
  });
});
