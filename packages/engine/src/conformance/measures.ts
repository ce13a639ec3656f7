import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EngineId } from "../engine.ts";
import { unpackTar } from "../tar.ts";
import { collect, finish, isKind, type Step, type Subject } from "./subject.ts";

const ABSENT = "hafen-conformance-absent";

export function measureTests(get: () => Subject): void {
  const running = async (steps: Step[] = [["sleep"]]): Promise<EngineId> => {
    const id = await get().create(steps);
    await get().engine.startContainer(id);
    return id;
  };

  describe("what it uses", () => {
    test("is read while it runs, and nothing otherwise", async () => {
      const { engine, create } = get();
      const idle = await create([["sleep"]]);
      assert.equal(await engine.usage(idle), undefined);
      assert.equal(await engine.usage(ABSENT), undefined);
      await engine.startContainer(idle);
      const found = await engine.usage(idle);
      assert.ok(found && found.cpuMs >= 0 && found.memoryBytes >= 0 && found.pids >= 1, JSON.stringify(found));
      await engine.stopContainer(idle, { graceSeconds: 5 });
      assert.equal(await engine.usage(idle), undefined);
    });

    test("is sampled against its limits until it ends", async () => {
      const { engine } = get();
      const id = await running();
      let samples = 0;
      for await (const { cpu, memory, pids, atMs } of engine.stats(id)) {
        samples += 1;
        assert.deepEqual([cpu.limitCores, memory.limitBytes, pids.limit], [1, 64 * 1024 ** 2, 64]);
        assert.ok(cpu.cores >= 0 && cpu.totalMs >= 0 && memory.usedBytes >= 0 && pids.current >= 1);
        assert.ok(Math.abs(Date.now() - atMs) < 60_000);
        await engine.stopContainer(id, { graceSeconds: 5 });
      }
      assert.equal(samples, 1);
    });

    test("sampled, is aborted by its caller", async () => {
      const { engine } = get();
      const leaving = new AbortController();
      const id = await running();
      const reading = (async () => {
        for await (const _ of engine.stats(id, { signal: leaving.signal })) leaving.abort();
      })();
      await assert.rejects(reading, isKind("aborted"));
    });
  });

  describe("what cannot be told of a container that does not run", () => {
    test("is a conflict, and not_found of one that is not there", async () => {
      const { engine, create } = get();
      const idle = await create([["sleep"]]);
      await assert.rejects(collect(engine.stats(idle)), isKind("conflict"));
      await assert.rejects(engine.top(idle), isKind("conflict"));
      await assert.rejects(engine.isolation(idle), isKind("conflict"));
      await assert.rejects(collect(engine.stats(ABSENT)), isKind("not_found"));
      await assert.rejects(engine.top(ABSENT), isKind("not_found"));
      await assert.rejects(engine.isolation(ABSENT), isKind("not_found"));
      await assert.rejects(engine.changes(ABSENT), isKind("not_found"));
      await assert.rejects(engine.exportContainer(ABSENT), isKind("not_found"));
    });
  });

  test("its processes count from 1", async () => {
    const { engine } = get();
    const processes = await engine.top(await running());
    assert.deepEqual(
      processes.filter(({ pid }) => pid === 1).map(({ parentPid, uid }) => [parentPid, uid]),
      [[0, 0]],
    );
    assert.ok(processes.every(({ startedAtMs }) => Math.abs(Date.now() - startedAtMs) < 60_000));
  });

  test("its isolation has the limits and capabilities it was made with", async () => {
    const { cgroup, capabilities, noNewPrivileges, seccomp, openFiles } = await get().engine.isolation(await running());
    assert.deepEqual([cgroup.memory.limitBytes, cgroup.pids.limit], [64 * 1024 ** 2, 64]);
    assert.deepEqual([cgroup.cpu.quotaUs, cgroup.cpu.periodUs], [100_000, 100_000]);
    assert.deepEqual(capabilities.bounding, ["CHOWN", "KILL"]);
    assert.deepEqual([noNewPrivileges, seccomp.mode, openFiles.hard], [true, "filter", 1024]);
  });

  test("its changes are those to its image's files, and its export holds all of them", async () => {
    const { engine, build, base, run } = get();
    const built = (await build({ Dockerfile: `FROM ${base}\nCOPY f /data/f\n`, f: "old" })).at(-1);
    assert.ok(built?.type === "image");
    const id = await run(
      [
        ["write", "/data/f", "new"],
        ["write", "/data/g", "made"],
      ],
      { imageId: built.imageId },
    );
    const { changes, truncated } = await engine.changes(id);
    assert.deepEqual(
      changes.filter(({ path }) => path.startsWith("/data/")).toSorted((a, b) => a.path.localeCompare(b.path)),
      [
        { kind: "changed", path: "/data/f" },
        { kind: "added", path: "/data/g" },
      ],
    );
    assert.equal(truncated, false);
    const files = await unpackTar(await engine.exportContainer(id));
    assert.deepEqual(
      ["/data/f", "/data/g"].map((path) => Buffer.from(files.get(path) ?? "").toString()),
      ["new", "made"],
    );
    await engine.removeContainer(id);
  });

  test("a signal reaches an exec's own process, and nobody else", async () => {
    const { engine, script } = get();
    const id = await running();
    const command = script([["print", "up"], ["sleep"]]);
    const session = await engine.exec(id, { command, env: [], tty: false, stdin: false });
    const output = session.output[Symbol.asyncIterator]();
    await output.next();
    await session.signal("SIGKILL");
    // What the script had started has the output still, where there are processes.
    session.close();
    const other = await engine.exec(id, { command: script([["exit", 3]]), env: [], tty: false, stdin: false });
    assert.equal((await finish(other)).exitCode, 3);
    assert.equal((await engine.inspectContainer(id))?.state, "running");
    await session.signal("SIGKILL");
  });

  test("logs of one stream have the last lines of that one", async () => {
    const { engine, run } = get();
    const id = await run([
      ["print", "a"],
      ["print", "b"],
      ["print-error", "x"],
      ["print-error", "y"],
    ]);
    const read = async (options: object) =>
      (await collect(engine.logs(id, { follow: true, ...options }))).map(({ data }) => Buffer.from(data).toString());
    assert.deepEqual(await read({ streams: ["stdout"] }), ["a\n", "b\n"]);
    assert.deepEqual(await read({ streams: ["stderr"] }), ["x\n", "y\n"]);
    assert.deepEqual(await read({ streams: ["stdout"], tail: 1 }), ["b\n"]);
    assert.deepEqual(await read({ streams: ["stdout"], tail: 0 }), []);
  });
}
