import assert from "node:assert/strict";
import { readFileSync, readlinkSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { ContainerHandle, ContainerStats, Hafen } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
const LIMITS = { cpus: 0.5, memoryBytes: 96 * MIB, pids: 50 };

let world: World;
let user: Hafen & { apiKey: string };
let container: ContainerHandle;
/** Its first process, as this machine counts. */
let pid: number;
before(async () => {
  world = await startWorld();
  user = await world.user();
  const command = ["sh", "-c", "touch /added; rm /etc/group; while :; do sleep 1; done"];
  container = await user.containers.use({ image: "busybox", command, limits: LIMITS, hostname: "boat" }, WAIT);
  pid = (await world.engine.inspectContainer(container.id))?.pid ?? 0;
  assert.ok(pid > 0);
});
after(async () => {
  await container[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const inside = async (script: string) => (await container.exec({ command: ["sh", "-c", script] })).stdout;
const status = (name: string) =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe("top", () => {
  test("has the numbers and users of the container, and no process of anybody else", async () => {
    await using other = await user.containers.use({ image: "busybox", command: ["sleep", "8642"] }, WAIT);
    const exec = await container.execStream({ command: ["sh", "-c", "echo $$; exec sleep 7531"], user: "1234" });
    const output = exec.output[Symbol.asyncIterator]();
    const own = Number(Buffer.from((await output.next()).value?.data ?? "").toString());
    let items = (await container.top()).items;
    await eventually("sleep runs", async () => {
      items = (await container.top()).items;
      return items.some(({ command }) => command.join(" ") === "sleep 7531");
    });
    const sleeper = items.find(({ pid: number }) => number === own);
    assert.deepEqual(
      [sleeper?.command, sleeper?.uid, sleeper?.parentPid, sleeper?.name, sleeper?.state],
      [["sleep", "7531"], 1234, 0, "sleep", "S"],
    );
    assert.ok(Math.abs(Date.parse(sleeper?.startedAt ?? "") - Date.now()) < 60_000);
    const init = items[0];
    assert.deepEqual([init?.pid, init?.parentPid, init?.uid], [1, 0, 0]);
    assert.ok((init?.residentBytes ?? 0) > 0);
    assert.ok(!items.some(({ command }) => command.includes("8642")));
    // What ps sees from inside is the same, but for itself.
    const seen = (await inside("ps -o pid,args | grep -v -e ' ps ' -e 'sh -c ps'"))
      .match(/^\s*\d+(?= )/gm)
      ?.map(Number);
    for (const { pid: number } of items.filter(({ name }) => name === "sh" || name === "docker-init"))
      assert.ok(seen?.includes(number), `${number}`);
    exec.close();
    assert.ok((await other.top()).items.some(({ command }) => command.includes("8642")));
  });
});

describe("stats", () => {
  test("comes once a second, each figure against its limit, and ends with the container", async () => {
    await using busy = await user.containers.use(
      { image: "busybox", command: ["sh", "-c", "while :; do :; done"], limits: LIMITS },
      WAIT,
    );
    const samples: ContainerStats[] = [];
    for await (const sample of busy.stats()) {
      samples.push(sample);
      if (samples.length === 3) await busy.kill();
    }
    assert.ok(samples.length >= 3);
    for (const { cpu, memory, pids } of samples) {
      assert.deepEqual([cpu.limitCores, memory.limitBytes, pids.limit], [0.5, 96 * MIB, 50]);
      assert.ok(memory.usedBytes > 0 && memory.usedBytes <= (memory.peakBytes ?? Infinity), JSON.stringify(memory));
      assert.ok(pids.current >= 2);
    }
    const [first, second, third] = samples;
    assert.ok((third?.cpu.totalMs ?? 0) > (second?.cpu.totalMs ?? 0));
    assert.ok((second?.at ?? "") > (first?.at ?? ""));
    assert.ok((third?.cpu.cores ?? 0) > 0 && (third?.cpu.cores ?? 0) < 0.9, `${third?.cpu.cores}`);
  });

  test("once is one sample, and counts what went over the network and to the disk", async () => {
    const earlier = await container.statsOnce();
    assert.ok(earlier.network.interfaces.length > 0);
    await inside("dd if=/dev/zero of=/big bs=1M count=8 conv=fsync 2>/dev/null; ping -c 2 -w 3 127.0.0.1 >/dev/null");
    const gateway = (await inside("ip route")).match(/default via (\S+)/)?.[1];
    await inside(`ping -c 2 -w 3 ${gateway} >/dev/null 2>&1; nc -w 1 ${gateway} 9 </dev/null >/dev/null 2>&1`);
    const now = await container.statsOnce();
    assert.ok(now.blockIo.writtenBytes >= earlier.blockIo.writtenBytes);
    assert.ok(now.network.sentBytes > earlier.network.sentBytes, JSON.stringify([earlier.network, now.network]));
    assert.ok(now.cpu.totalMs > earlier.cpu.totalMs);
  });

  test("is SSE with an end, NDJSON, or one JSON object", async () => {
    const short = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const path = `/v1/containers/${short.id}/stats`;
    const sse = ask(world.url, "GET", path, { key: user.apiKey });
    const ndjson = ask(world.url, "GET", path, { key: user.apiKey, headers: { accept: "application/x-ndjson" } });
    const once = await ask<ContainerStats>(world.url, "GET", `${path}?follow=false`, { key: user.apiKey });
    assert.deepEqual([once.status, once.body.pids.current > 0], [200, true]);
    await user.containers.kill(short.id);
    assert.match((await sse).text, /^event: stats\ndata: \{"at":[^]*event: end\ndata: \{\}\n\n$/);
    for (const line of (await ndjson).text.trim().split("\n")) assert.ok("cpu" in (JSON.parse(line) as object));
  });

  test("ends with the key it was opened with", async () => {
    const { apiKey, id } = await user.keys.create({ name: "short", scopes: ["read"] });
    const response = await fetch(`${world.url}/v1/containers/${container.id}/stats`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const reading = (async () => {
      for await (const _ of response.body ?? []);
    })();
    await Promise.all([assert.rejects(reading), user.keys.revoke(id)]);
  });
});

describe("changes and export", () => {
  test("tell what was added, changed and deleted, running or not", async () => {
    const { items, truncated } = await container.changes();
    const kinds = Object.fromEntries(items.map(({ kind, path }) => [path, kind]));
    assert.deepEqual([kinds["/added"], kinds["/etc"], kinds["/etc/group"], truncated], ["A", "C", "D", false]);
    const never = await user.containers.create({ image: "busybox", start: false }, WAIT);
    assert.ok(!(await user.containers.changes(never.id)).items.some(({ path }) => path === "/added"));
  });

  test("an export is a tar of all of it that makes an image of its own", async () => {
    await inside("echo kept > /kept; chown 1000:1000 /kept");
    const build = await user.images.import(container.export(), { tag: "exported", command: ["sh"], waitSeconds: 60 });
    assert.equal(build.state, "succeeded");
    await using copy = await user.containers.use({ image: "exported", command: ["sleep", "1000"] }, WAIT);
    const script = "cat /kept; stat -c %u:%g /kept /bin; ls /added; ls /etc/group";
    const { stdout, stderr } = await copy.exec({ command: ["sh", "-c", script] });
    assert.equal(stdout, "kept\n1000:1000\n0:0\n/added\n");
    assert.match(stderr, /etc\/group/);
  });
});

describe("isolation", () => {
  test("is what the kernel says of its first process", async () => {
    const found = await container.isolation();
    for (const { type, id, own } of found.namespaces) {
      const theirs = readlinkSync(`/proc/${pid}/ns/${type}`);
      assert.equal(`${type}:[${id}]`, theirs);
      assert.equal(own, theirs !== readlinkSync(`/proc/self/ns/${type}`), type);
    }
    assert.deepEqual(
      found.namespaces.filter(({ own }) => !own),
      [],
    );
    assert.deepEqual(
      [found.uidMap, found.gidMap].map(([range]) => [range?.inside, range?.outside, range?.count].join(" ")),
      ["uid_map", "gid_map"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8").trim().split(/\s+/).join(" ")),
    );
    assert.ok((found.uidMap[0]?.outside ?? 0) > 0, "root is nobody on the host");
    assert.deepEqual([found.noNewPrivileges, found.seccomp.mode], [status("NoNewPrivs") === "1", "filter"]);
    assert.equal(String(found.seccomp.filters), status("Seccomp_filters"));
    assert.equal(found.lsmLabel, null);
  });

  test("has the capabilities by name, and no more than the profile gives", async () => {
    const { capabilities } = await container.isolation();
    const names = [
      "CHOWN",
      "DAC_OVERRIDE",
      "FOWNER",
      "FSETID",
      "KILL",
      "NET_BIND_SERVICE",
      "SETGID",
      "SETUID",
      "SYS_CHROOT",
    ];
    assert.deepEqual(capabilities.bounding.toSorted(), names);
    assert.deepEqual(capabilities.effective.toSorted(), names);
    assert.deepEqual([capabilities.inheritable, capabilities.ambient], [[], []]);
  });

  test("has its limits, with what is used of them", async () => {
    const { cgroup, openFiles } = await container.isolation();
    assert.deepEqual(
      [cgroup.memory.limitBytes, cgroup.pids.limit, cgroup.cpu.quotaUs, cgroup.cpu.periodUs],
      [96 * MIB, 50, 50_000, 100_000],
    );
    const seen = await inside(
      "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us 2>/dev/null || cat memory.max pids.max; ulimit -Sn; ulimit -Hn",
    );
    const [memory, pids] = seen.split("\n");
    assert.deepEqual([Number(memory), Number(pids)], [96 * MIB, 50]);
    assert.deepEqual(seen.trim().split("\n").slice(-2).map(Number), [openFiles.soft, openFiles.hard]);
    assert.ok(cgroup.memory.usedBytes > 0 && cgroup.pids.current >= 2);
    if (cgroup.swap) assert.equal(cgroup.swap.limitBytes, 96 * MIB);
    await container.exec({ command: ["sh", "-c", "sleep 0.2; tail /dev/zero"] });
    const later = (await container.isolation()).cgroup;
    assert.ok((later.memory.peakBytes ?? 0) >= 95 * MIB && later.oomKills >= cgroup.oomKills);
  });

  test("has its mounts and addresses as it sees them, and no path of the host", async () => {
    const { mounts, network, runtime } = await container.isolation();
    const seen = (await inside("cat /proc/self/mountinfo")).trim().split("\n");
    const targets = seen.map((line) => line.split(" ")[4] ?? "");
    assert.deepEqual(mounts.map(({ target }) => target).toSorted(), targets.toSorted());
    assert.ok(!/hafen|\/docker\/|overlay2|upperdir|\/dev\/vd/.test(JSON.stringify(mounts)), JSON.stringify(mounts));
    const shown = await inside("ip -o addr");
    const { addresses } = network.interfaces.find(({ name }) => name === "eth0") ?? {};
    assert.ok(addresses && addresses.length > 0);
    for (const address of addresses) assert.ok(shown.includes(address), `${address} in ${shown}`);
    assert.equal(network.firewall === null, typeof network.firewallUnknown === "string");
    assert.equal(runtime, "runc");
  });
});

test("a container that does not run has none of it, and says in which states it would", async () => {
  const idle = await user.containers.create({ image: "busybox", start: false }, WAIT);
  for (const call of [
    () => user.containers.top(idle.id),
    () => user.containers.statsOnce(idle.id),
    () => user.containers.isolation(idle.id),
    () => user.containers.stats(idle.id).next(),
  ]) {
    const error = await refusal(call(), "container_wrong_state");
    assert.deepEqual([error.status, error.states], [409, ["running", "paused"]]);
  }
});
