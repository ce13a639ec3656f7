import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { collect, isKind, type Subject, textOf } from "./subject.ts";

export function streamTests(get: () => Subject): void {
  describe("logs", () => {
    test("stdout and stderr stay apart, each line with its time", async () => {
      const { engine, run } = get();
      const id = await run([
        ["print", "one"],
        ["print-error", "two"],
        ["print", "three"],
      ]);
      const chunks = await collect(engine.logs(id, { follow: false }));
      assert.equal(textOf(chunks, "stdout"), "one\nthree\n");
      assert.equal(textOf(chunks, "stderr"), "two\n");
      for (const { at } of chunks) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    });

    test("following shows what is printed and ends with the container", async () => {
      const { engine, create } = get();
      const id = await create([["print", "first"], ["sleep"]]);
      await engine.startContainer(id);
      const seen: string[] = [];
      for await (const chunk of engine.logs(id, { follow: true })) {
        seen.push(textOf([chunk]));
        await engine.stopContainer(id, { graceSeconds: 5 });
      }
      assert.deepEqual(seen, ["first\n"]);
    });

    test("since is exclusive to the nanosecond, so that a reader resumes without a line twice or missed", async () => {
      const { engine, run } = get();
      const id = await run([
        ["print", "a"],
        ["print", "b"],
        ["print", "c"],
        ["print", "d"],
      ]);
      const all = await collect(engine.logs(id, { follow: false }));
      assert.equal(all.length, 4);
      for (const [index, { at }] of all.entries()) {
        const rest = await collect(engine.logs(id, { follow: index % 2 === 0, since: at }));
        assert.deepEqual(
          rest.map((chunk) => chunk.at),
          all.slice(index + 1).map((chunk) => chunk.at),
        );
      }
    });

    test("tail gives the last lines", async () => {
      const { engine, run } = get();
      const id = await run([
        ["print", "a"],
        ["print", "b"],
        ["print", "c"],
      ]);
      assert.equal(textOf(await collect(engine.logs(id, { follow: false, tail: 2 }))), "b\nc\n");
      assert.equal(textOf(await collect(engine.logs(id, { follow: false, tail: 0 }))), "");
    });

    test("an aborted follow rejects as aborted", async () => {
      const { engine, create } = get();
      const id = await create([["print", "x"], ["sleep"]]);
      await engine.startContainer(id);
      const leaving = new AbortController();
      const reading = (async () => {
        for await (const _ of engine.logs(id, { follow: true, signal: leaving.signal })) leaving.abort();
      })();
      await assert.rejects(reading, isKind("aborted"));
    });
  });

  describe("events", () => {
    test("tell a life in order, with labels, of the label alone", async () => {
      const { engine, create, label, unique } = get();
      const own = { key: "hafen.conformance.events", value: unique() };
      const watching = new AbortController();
      const seen: string[] = [];
      const watch = (async () => {
        for await (const event of engine.events({ label: own, sinceMs: Date.now() - 1, signal: watching.signal })) {
          assert.equal(event.labels[own.key], own.value);
          assert.ok(Math.abs(Date.now() - event.atMs) < 60_000);
          seen.push(event.action);
          if (event.action === "destroy") watching.abort();
        }
      })();
      // An image may carry labels that are named as what an engine tells of an event.
      const labels = { [label.key]: label.value, [own.key]: own.value, exitCode: "x", signal: "x" };
      const id = await create([["exit", 4]], { labels });
      const other = await create([["exit", 0]]);
      await engine.startContainer(other);
      await engine.startContainer(id);
      await collect(engine.logs(id, { follow: true }));
      await engine.stopContainer(id, { graceSeconds: 5 });
      await engine.removeContainer(id);
      await watch;
      assert.deepEqual(seen, ["create", "start", "die", "destroy"]);
    });

    test("from before the subscription are told again", async () => {
      const { engine, run, label, unique } = get();
      const own = { key: "hafen.conformance.replay", value: unique() };
      const sinceMs = Date.now() - 1;
      await run([["exit", 0]], { labels: { [label.key]: label.value, [own.key]: own.value } });
      const seen: string[] = [];
      const watching = new AbortController();
      for await (const { action } of engine.events({ label: own, sinceMs, signal: watching.signal })) {
        seen.push(action);
        if (action === "die") watching.abort();
      }
      assert.deepEqual(seen, ["create", "start", "die"]);
    });
  });
}
