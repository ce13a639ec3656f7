import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { EngineId, ExecSpec } from "../engine.ts";
import { collect, finish, isKind, type Step, type Subject, textOf } from "./subject.ts";

export function sessionTests(get: () => Subject): void {
  const spec = (steps: Step[], more?: Partial<ExecSpec>): ExecSpec => ({
    command: get().script(steps),
    env: [],
    tty: false,
    stdin: false,
    ...more,
  });
  const running = async (): Promise<EngineId> => {
    const id = await get().create([["sleep"]]);
    await get().engine.startContainer(id);
    return id;
  };

  describe("exec", () => {
    test("gives output apart and the exit code", async () => {
      const session = await get().engine.exec(
        await running(),
        spec([
          ["print", "out"],
          ["print-error", "err"],
          ["exit", 5],
        ]),
      );
      assert.deepEqual(await finish(session), { stdout: "out\n", stderr: "err\n", exitCode: 5 });
    });

    test("stdin arrives whole, and its end is seen", async () => {
      const session = await get().engine.exec(await running(), spec([["cat"]], { stdin: true }));
      const sent = Buffer.alloc(300_000, "0123456789\n");
      const output = collect(session.output);
      for (let at = 0; at < sent.length; at += 50_000) await session.write(sent.subarray(at, at + 50_000));
      session.end();
      assert.equal(textOf(await output), sent.toString());
      assert.equal(await session.exitCode(), 0);
      await assert.rejects(session.write(sent), isKind("conflict"));
    });

    test("kill ends the process and leaves the container", async () => {
      const { engine } = get();
      const id = await running();
      const session = await engine.exec(id, spec([["print", "up"], ["sleep"]]));
      const output = session.output[Symbol.asyncIterator]();
      assert.equal(textOf([(await output.next()).value]), "up\n");
      await session.kill();
      assert.equal((await output.next()).done, true);
      assert.equal(await session.exitCode(), 137);
      await session.kill();
      assert.equal((await engine.inspectContainer(id))?.state, "running");
    });

    test("closing leaves without waiting", async () => {
      const session = await get().engine.exec(await running(), spec([["sleep"]]));
      session.close();
      assert.equal(await session.exitCode(), undefined);
    });

    test("a window may change at any moment", async () => {
      const session = await get().engine.exec(await running(), spec([["print", "x"]], { tty: true }));
      await session.resize(120, 40);
      const output = await collect(session.output);
      assert.ok(output.every(({ stream }) => stream === "stdout"));
      assert.equal(textOf(output), "x\r\n");
      assert.equal(await session.exitCode(), 0);
      await session.resize(80, 24);
    });

    test("needs a container that runs", async () => {
      const { engine, create } = get();
      await assert.rejects(engine.exec(await create([["sleep"]]), spec([["exit", 0]])), isKind("conflict"));
      await assert.rejects(engine.exec("hafen-conformance-absent", spec([["exit", 0]])), isKind("not_found"));
    });
  });

  describe("attach", () => {
    test("carries stdin and output; the end of one client's input is not the container's", async () => {
      const { engine, create } = get();
      const id = await create([["cat"]], { openStdin: true });
      await engine.startContainer(id);
      const session = await engine.attach(id, { tty: false, stdin: true, backlog: false });
      await session.write(Buffer.from("hello\n"));
      const output = session.output[Symbol.asyncIterator]();
      assert.equal(textOf([(await output.next()).value]), "hello\n");
      session.end();
      assert.equal((await output.next()).done, true);
      assert.equal((await engine.inspectContainer(id))?.state, "running");
      const next = await engine.attach(id, { tty: false, stdin: true, backlog: false });
      await next.write(Buffer.from("again\n"));
      assert.equal(textOf([(await next.output[Symbol.asyncIterator]().next()).value]), "again\n");
      next.close();
    });

    test("sends what was printed before first, when asked", async () => {
      const { engine, create } = get();
      const id = await create([["print", "early"], ["sleep"]]);
      await engine.startContainer(id);
      for await (const _ of engine.logs(id, { follow: true })) break;
      const session = await engine.attach(id, { tty: false, stdin: false, backlog: true });
      const output = session.output[Symbol.asyncIterator]();
      assert.equal(textOf([(await output.next()).value]), "early\n");
      await engine.stopContainer(id, { graceSeconds: 5 });
      assert.equal((await output.next()).done, true);
      assert.equal(await session.exitCode(), 143);
    });

    test("before a start it has the next run from its first byte, and nothing of the one before", async () => {
      const { engine, create } = get();
      const id = await create([
        ["print", "ran"],
        ["exit", 3],
      ]);
      for (const _ of ["first", "second"]) {
        const session = await engine.attach(id, { tty: false, stdin: false, backlog: false });
        await engine.startContainer(id);
        assert.deepEqual(await finish(session), { stdout: "ran\n", stderr: "", exitCode: 3 });
      }
    });

    test("kill only leaves", async () => {
      const { engine } = get();
      const id = await running();
      const session = await engine.attach(id, { tty: false, stdin: false, backlog: false });
      await session.kill();
      await collect(session.output).catch(isKind("unavailable"));
      assert.equal((await engine.inspectContainer(id))?.state, "running");
    });
  });
}
