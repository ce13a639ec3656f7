import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { finish, openSubject, type Subject } from "../conformance/subject.ts";
import type { EngineId, ExecAccount } from "../engine.ts";
import { openTestEngine } from "./test-engine.ts";

const MIB = 1024 ** 2;
/** On version 2 the memory of an exec is counted with its container's. */
const UNIFIED = existsSync("/sys/fs/cgroup/cgroup.controllers");

describe("what an exec used", () => {
  let subject: Subject;
  let id: EngineId;
  before(async () => {
    subject = await openSubject(openTestEngine);
    id = await subject.create([["sleep"]]);
    await subject.engine.startContainer(id);
  });
  after(() => subject.close());

  async function ran(script: string, container = id): Promise<{ exitCode: number | undefined } & Partial<ExecAccount>> {
    const command = ["sh", "-c", script];
    const session = await subject.engine.exec(container, { command, env: [], tty: false, stdin: false });
    try {
      const { exitCode } = await finish(session);
      return { exitCode, ...(await session.account()) };
    } finally {
      session.close();
    }
  }

  /** On a busy machine a command may be under way before it is counted, and then nothing is told. */
  async function told(script: string): Promise<ExecAccount> {
    for (;;) {
      const { cpuMs, peakMemoryBytes, oomKilled } = await ran(script);
      if (cpuMs !== undefined && (UNIFIED || peakMemoryBytes !== undefined))
        return { cpuMs, peakMemoryBytes, oomKilled };
    }
  }

  test("is its processor time, that of its descendants with it", async () => {
    const burn = "dd if=/dev/zero of=/dev/null bs=1M count=20000 2>/dev/null";
    const { cpuMs = 0 } = await told(`(${burn}) & ${burn}; wait`);
    assert.ok(cpuMs > 200, `${cpuMs}`);
    const { cpuMs: little = 0 } = await told("sleep 0.3");
    assert.ok(little < cpuMs / 4, `${little}`);
  });

  test("is the most memory it held", async () => {
    const { peakMemoryBytes } = await told(`dd if=/dev/zero of=/dev/null bs=${24 * MIB} count=1 2>/dev/null`);
    if (UNIFIED) return assert.equal(peakMemoryBytes, undefined);
    assert.ok((peakMemoryBytes ?? 0) > 24 * MIB && (peakMemoryBytes ?? 0) < 40 * MIB, `${peakMemoryBytes}`);
  });

  test("tells one that the kernel ended for memory from one that ended itself with 137", async () => {
    const killed = await ran("exec tail /dev/zero");
    assert.deepEqual([killed.exitCode, killed.oomKilled], [137, true]);
    const itself = await ran("sleep 0.1; kill -9 $$");
    assert.deepEqual([itself.exitCode, itself.oomKilled], [137, false]);
  });

  test("is not mixed up among those that run at once", async () => {
    const scripts = Array.from({ length: 8 }, (_, at) =>
      at % 2 === 0 ? "dd if=/dev/zero of=/dev/null bs=1M count=20000 2>/dev/null" : "sleep 0.5",
    );
    const found = await Promise.all(scripts.map((script) => ran(script)));
    const [busy, idle] = [0, 1].map((odd) => found.filter((_, at) => at % 2 === odd).map(({ cpuMs }) => cpuMs));
    const least = Math.min(...(busy ?? []).map((cpuMs) => cpuMs ?? Infinity));
    const most = Math.max(...(idle ?? []).map((cpuMs) => cpuMs ?? 0));
    assert.ok(most < least, JSON.stringify({ busy, idle }));
  });

  test("counts what gave itself the name of the runtime's own process", async () => {
    const name = "/runc:[2:INIT]";
    await ran(`printf '#!/bin/sh\nwhile :; do :; done\n' > '${name}'; chmod +x '${name}'`);
    const session = await subject.engine.exec(id, { command: [name], env: [], tty: false, stdin: false });
    while (((await session.account())?.cpuMs ?? 0) < 100) await delay(100);
    await session.kill();
    session.close();
  });

  test("leaves no cgroup behind, unless something runs on in it", async () => {
    const own = await subject.create([["sleep"]]);
    await subject.engine.startContainer(own);
    const left = () => globSync([`/sys/fs/cgroup/**/${own}/exec-*`]).length;
    await ran("sleep 0.1", own);
    assert.equal(left(), 0);
    await ran("sleep 0.5; (sleep 1000 >/dev/null 2>&1 &); sleep 0.1", own);
    assert.ok(left() > 0);
    await subject.engine.removeContainer(own);
    assert.equal(left(), 0);
  });

  test("a kill takes what was orphaned and made itself a session of its own", async () => {
    const own = await subject.create([["sleep"]]);
    await subject.engine.startContainer(own);
    const script = "setsid sleep 4321 >/dev/null 2>&1 & sleep 0.1; echo up; exec sleep 4322";
    const session = await subject.engine.exec(own, {
      command: ["sh", "-c", script],
      env: [],
      tty: false,
      stdin: false,
    });
    for await (const _ of session.output) break;
    const count = async () =>
      (await subject.engine.top(own)).filter(({ command }) => command.join(" ").includes("sleep 432")).length;
    assert.equal(await count(), 2);
    await session.kill();
    while ((await count()) > 0) await delay(20);
    session.close();
  });
});
