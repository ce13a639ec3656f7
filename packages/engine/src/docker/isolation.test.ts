import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import Docker from "dockerode";
import { collect, ended, finish, isKind, openSubject, type Subject, textOf } from "../conformance/subject.ts";
import type { BuildEvent, BuildRequest, ContainerSpec } from "../engine.ts";
import { watchDisk } from "./build-disk.ts";
import { connect } from "./client.ts";
import { namespacesOf } from "./isolation/report.ts";
import { openTestEngine, testEngineHost } from "./test-engine.ts";

const MIB = 1024 ** 2;
const LIMITS = { cpus: 0.5, memoryBytes: 48 * MIB, pids: 40 };

describe("isolation, as the kernel enforces it", () => {
  let subject: Subject;
  before(async () => void (subject = await openSubject(openTestEngine)));
  after(() => subject.close());

  /** What a shell script prints in a container of this spec. */
  async function printed(script: string, more: Partial<ContainerSpec> = {}): Promise<string> {
    const id = await subject.run([], { limits: LIMITS, command: ["sh", "-c", script], ...more });
    return textOf(await collect(subject.engine.logs(id, { follow: false })));
  }

  test("the profile holds from inside", async () => {
    const status = await printed("cat /proc/self/status");
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)$`, "m").exec(status)?.[1];
    // CHOWN is bit 0, KILL bit 5.
    for (const set of ["CapBnd", "CapPrm", "CapEff"]) assert.equal(field(set), "0000000000000021", set);
    assert.deepEqual([field("CapInh"), field("CapAmb")], ["0000000000000000", "0000000000000000"]);
    assert.deepEqual([field("NoNewPrivs"), field("Seccomp")], ["1", "2"]);
    const none = await printed("cat /proc/self/status", {
      isolation: { capabilities: [], readOnlyRoot: true },
      user: "65534",
    });
    assert.match(none, /^CapBnd:\s+0{16}$/m);
  });

  test("a namespace that cannot be seen is not reported as the container's own", async () => {
    assert.ok((await namespacesOf(process.pid)).every(({ id, own }) => id > 0 && !own));
    await assert.rejects(namespacesOf(2 ** 22 + 1), isKind("unavailable"));
  });

  test("limits are in effect", async () => {
    const files = await printed(
      "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us 2>/dev/null || cat memory.max memory.swap.max pids.max cpu.max; ulimit -n; ulimit -c",
    );
    assert.match(files, /^(50331648\n50331648\n40\n50000\n100000|50331648\n0\n40\n50000 100000)\n1024\n0\n$/);
  });

  test("a read-only root, a bounded tmpfs and shm", async () => {
    const mounts = [{ type: "tmpfs" as const, target: "/tmp", sizeBytes: MIB, inodes: 20 }];
    const script =
      "touch /x; dd if=/dev/zero of=/tmp/f bs=1M count=3; rm /tmp/f; for i in $(seq 30); do touch /tmp/$i || break; done; ls /tmp | wc -l; df -k /dev/shm | tail -1";
    const text = await printed(script, { mounts, isolation: { capabilities: [], readOnlyRoot: true } });
    assert.match(text, /Read-only file system/);
    assert.match(text, /No space left on device/);
    assert.match(text, /^1\d$/m);
    assert.match(text, /\b1024\b.*\/dev\/shm/);
  });

  test("memory past the limit ends the process that takes it, and is told", async () => {
    const id = await subject.run([], { limits: LIMITS, command: ["sh", "-c", "head -c 200000000 /dev/zero | tail"] });
    assert.equal((await subject.engine.inspectContainer(id))?.oomKilled, true);
  });

  test("a fork bomb meets the limit of processes and the engine still answers", async () => {
    const id = await subject.create([], {
      limits: LIMITS,
      command: ["sh", "-c", "for i in $(seq 200); do sleep 60 & done; sleep 60"],
    });
    await subject.engine.startContainer(id);
    await collect(subject.engine.logs(id, { follow: true }));
    await ended(subject.engine, id);
    assert.notEqual((await subject.engine.inspectContainer(id))?.exitCode, 0);
  });

  test("a kill of an exec takes what it started, detached from it too", async () => {
    const { engine } = subject;
    const id = await subject.create([["sleep"]]);
    await engine.startContainer(id);
    const command = ["sh", "-c", "(sh -c 'sleep 4321 & sleep 4322; :' &) ; sh -c 'sleep 4323 & sleep 4324'; :"];
    const bomb = await engine.exec(id, {
      command: ["sh", "-c", `echo up; ${command[2]}`],
      env: [],
      tty: false,
      stdin: false,
    });
    const output = bomb.output[Symbol.asyncIterator]();
    await output.next();
    await bomb.kill();
    assert.equal(await left(id, "432[34]"), "0\n");
  });

  async function left(id: string, pattern: string): Promise<string> {
    const counting = await subject.engine.exec(id, {
      command: ["sh", "-c", `ps | grep -c '[s]leep ${pattern}'`],
      env: [],
      tty: false,
      stdin: false,
    });
    return (await finish(counting)).stdout;
  }

  test("a tty's log is read line by line", async () => {
    const id = await subject.run(
      [
        ["print", "one"],
        ["print", "two"],
      ],
      { tty: true },
    );
    const chunks = await collect(subject.engine.logs(id, { follow: false }));
    assert.deepEqual(
      chunks.map(({ data }) => Buffer.from(data).toString()),
      ["one\r\n", "two\r\n"],
    );
    const rest = await collect(subject.engine.logs(id, { follow: true, since: chunks[0]?.at ?? "" }));
    assert.equal(textOf(rest), "two\r\n");
  });

  test("a line longer than the engine's messages is whole in its parts", async () => {
    const id = await subject.run([], { command: ["sh", "-c", "head -c 50000 /dev/zero | tr '\\0' x; echo; echo end"] });
    const chunks = await collect(subject.engine.logs(id, { follow: true }));
    assert.equal(textOf(chunks), `${"x".repeat(50_000)}\nend\n`);
    assert.ok(chunks.every(({ data }) => data.length <= 16 * 1024));
  });

  test("a start that can never work is invalid, in one sentence", async () => {
    const id = await subject.create([["sleep"]], { user: "nobody-here" });
    await assert.rejects(subject.engine.startContainer(id), (error: Error & { kind?: string }) => {
      assert.equal(error.kind, "invalid");
      assert.match(error.message, /: unable to find user nobody-here: no matching entries in passwd file$/);
      return true;
    });
  });
});

describe("builds, as the kernel bounds them", () => {
  let subject: Subject;
  let docker: Docker;
  before(async () => {
    subject = await openSubject(openTestEngine);
    docker = new Docker({ socketPath: testEngineHost().replace("unix://", "") });
  });
  after(() => subject.close());

  const limits = { ...LIMITS, diskBytes: 20 * MIB, outputBytes: MIB };
  const build = (run: string, more: Partial<BuildRequest> = {}): Promise<BuildEvent[]> =>
    subject.build({ Dockerfile: `FROM ${subject.base}\nRUN ${run}\n` }, { limits, noCache: true, ...more });
  const output = (events: BuildEvent[]) => events.map((event) => (event.type === "log" ? event.text : "")).join("");
  const failure = (events: BuildEvent[]) => {
    const last = events.at(-1);
    return last?.type === "failed" ? last.kind : last?.type;
  };

  test("the limits are in effect in a RUN", async () => {
    const events = await build(
      "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes cpu/cpu.cfs_quota_us || cat memory.max cpu.max; ulimit -n; ulimit -c; ip a | grep -c eth",
    );
    assert.match(output(events), /^50331648\n(50331648\n)?50000/);
    assert.match(output(events), /16384\n0\n0\n$/);
  });

  test("a fork bomb in a RUN meets the limit of processes", async () => {
    const started = performance.now();
    const events = await build("for i in $(seq 500); do sleep 300 & done; sleep 300");
    assert.equal(failure(events), "run_failed");
    assert.match(output(events), /can't fork/);
    assert.ok(performance.now() - started < 20_000);
  });

  test("memory past the limit is out_of_memory", async () => {
    assert.equal(failure(await build("tail /dev/zero")), "out_of_memory");
    assert.equal(failure(await build("exit 137")), "run_failed");
  });

  test("a step that fills the disk is ended while it runs, or at its end", async () => {
    const started = performance.now();
    assert.equal(failure(await build("dd if=/dev/zero of=/x bs=1M count=40; sleep 300")), "disk_full");
    assert.ok(performance.now() - started < 20_000);
    assert.equal(failure(await build("dd if=/dev/zero of=/x bs=1M count=40")), "disk_full");
    assert.equal(failure(await build("dd if=/dev/zero of=/x bs=1M count=5")), "image");
  });

  test("a file that is large and empty is no way around the disk's limit", async () => {
    assert.equal(failure(await build("truncate -s 500M /x; exit $?")), "disk_full");
    assert.equal(failure(await build("exec truncate -s 500M /x")), "run_failed");
    assert.equal(failure(await build("for i in 1 2 3; do truncate -s 15M /x$i; done")), "disk_full");
    assert.equal(failure(await build("truncate -s 15M /x")), "image");
  });

  test("a layer that was too large is so from the cache, and is not when it is the base's", async () => {
    const run = "truncate -s 15M /x /y /z; echo twice";
    const large = { ...limits, diskBytes: 100 * MIB };
    const made = (await build(run, { noCache: false, limits: large })).at(-1);
    assert.ok(made?.type === "image");
    assert.equal(failure(await build(run, { noCache: false })), "disk_full");
    const above = { Dockerfile: `FROM ${made.imageId}\nRUN echo above > /above\n` };
    assert.equal(failure(await subject.build(above, { limits, bases: [made.imageId] })), "image");
    assert.equal(failure(await subject.build(above, { limits, bases: [] })), "disk_full");
  });

  test("a step that speaks for the engine writes no more than another", async () => {
    const fakes = ["Removing intermediate container $HOSTNAME", " ---> Using cache"];
    const speak = fakes.map((text) => `echo "${text}"`).join("; sleep 1; ");
    assert.equal(failure(await build(`${speak}; sleep 1; truncate -s 15M /x /y /z`)), "disk_full");
  });

  test("a container is watched until it is gone, also when nothing runs in it any more", async () => {
    const id = await subject.create([], { command: ["truncate", "-s", "40M", "/x"] });
    const { engine } = subject;
    const known = [[id]];
    let looks = 0;
    const watched = { cgroupParent: "", limits: { ...LIMITS, diskBytes: 20 * MIB, outputBytes: MIB } };
    const full = watchDisk(
      connect(testEngineHost()),
      async () => known.shift() ?? [],
      watched,
      AbortSignal.timeout(60_000),
      async () => {
        if (looks++ !== 1) return;
        await engine.startContainer(id);
        await ended(engine, id);
      },
    );
    assert.equal(await full, true);
  });

  test("a step that prints without end is ended", async () => {
    const last = (await build("yes; sleep 300")).at(-1);
    assert.ok(last?.type === "failed" && last.kind === "build_failed");
    assert.match(last.message, /^RUN yes; sleep 300: printed more than 1048576 bytes$/);
  });

  test("an aborted build leaves no process, no container and no cgroup, whatever it started", async () => {
    const cgroupParent = `/hafen-conformance/${subject.unique()}`;
    const leaving = new AbortController();
    const wanted = subject.request(
      {
        Dockerfile: `FROM ${subject.base}\nRUN trap '' TERM; (setsid sleep 7654 &); sleep 7655 & echo up; sleep 7656\n`,
      },
      { limits, noCache: true, cgroupParent },
    );
    await assert.rejects(async () => {
      for await (const event of subject.engine.buildImage(wanted, { signal: leaving.signal }))
        if (event.type === "log") leaving.abort();
    });
    assert.deepEqual(await cgroupsOf(cgroupParent), []);
    assert.equal(await processes(/sleep.765[456]/), 0);
    for (const { Id } of await docker.listContainers({ all: true })) {
      assert.notEqual((await docker.getContainer(Id).inspect()).HostConfig.CgroupParent, cgroupParent);
    }
  });

  test("a finished build leaves no cgroup", async () => {
    const cgroupParent = `/hafen-conformance/${subject.unique()}`;
    await build("true", { cgroupParent });
    assert.deepEqual(await cgroupsOf(cgroupParent), []);
  });

  test("a cgroup that is not one build's is refused", async () => {
    for (const cgroupParent of ["/", "/hafen", "hafen/x", "/hafen/../docker", "/hafen/./x"]) {
      await assert.rejects(build("true", { cgroupParent }), { kind: "invalid" }, cgroupParent);
    }
  });
});

async function cgroupsOf(path: string): Promise<string[]> {
  return (await readdir("/sys/fs/cgroup"))
    .map((controller) => `/sys/fs/cgroup/${controller}${path}`)
    .filter((directory) => existsSync(directory));
}

async function processes(commandLine: RegExp): Promise<number> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return lines.filter((line) => commandLine.test(line)).length;
}
