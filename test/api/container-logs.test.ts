import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { LogLine } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const sh = (script: string) => ["sh", "-c", script];
const texts = (lines: LogLine[]) => lines.map(({ text }) => text);
async function ended(script: string, body: object = {}): Promise<string> {
  const { id } = await user.containers.create({ image: "busybox", command: sh(script), ...body });
  await user.containers.wait(id);
  return id;
}
const all = (id: string, options = {}) => Array.fromAsync(user.containers.logs(id, options));

describe("a container's log", () => {
  test("keeps standard output and standard error apart, in order, each line with its time", async () => {
    const lines = await all(await ended("echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three"));
    assert.deepEqual(
      lines.map(({ stream, text }) => [stream, text]),
      [
        ["stdout", "one"],
        ["stderr", "two"],
        ["stdout", "three"],
      ],
    );
    const times = lines.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted());
  });

  test("followed from before the start until the end has every line and then ends", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: sh("for i in $(seq 1 50); do echo $i; sleep 0.01; done"),
    });
    assert.deepEqual(
      texts(await all(id, { follow: true })),
      Array.from({ length: 50 }, (_, i) => String(i + 1)),
    );
  });

  test("followed while nothing is printed yet begins at once", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const leave = new AbortController();
    const response = await fetch(`${world.url}/v1/containers/${id}/logs?follow=true`, {
      headers: { authorization: `Bearer ${user.apiKey}` },
      signal: AbortSignal.any([leave.signal, AbortSignal.timeout(20_000)]),
    });
    assert.equal(response.status, 200);
    leave.abort();
  });

  test("followed over an end and another start goes on when asked again", async () => {
    const id = await ended("echo run");
    await user.containers.start(id);
    assert.deepEqual(texts(await all(id, { follow: true })), ["run", "run"]);
  });

  test("tail gives the last lines, and tail 0 none", async () => {
    const id = await ended("for i in 1 2 3 4 5; do echo $i; done");
    assert.deepEqual(texts(await all(id, { tail: 2 })), ["4", "5"]);
    assert.deepEqual(await all(id, { tail: 0 }), []);
  });

  test("since and until give what lies between", async () => {
    const id = await ended("for i in 1 2 3; do echo $i; sleep 0.05; done");
    const [first, second, third] = await all(id);
    assert.deepEqual(texts(await all(id, { since: first?.at })), ["2", "3"]);
    assert.deepEqual(texts(await all(id, { since: third?.at })), []);
    assert.deepEqual(texts(await all(id, { since: first?.at, until: second?.at })).slice(0, 1), ["2"]);
  });

  test("resumed with Last-Event-ID after any line has neither a gap nor a double", async () => {
    const id = await ended("for i in $(seq 1 200); do echo $i; done; for i in $(seq 1 200); do echo $i >&2; done");
    const lines = await all(id);
    assert.equal(lines.length, 400);
    for (const at of [0, 1, 57, 199, 200, 398, 399]) {
      const answer = await ask(world.url, "GET", `/v1/containers/${id}/logs`, {
        key: user.apiKey,
        headers: { accept: "application/x-ndjson", "last-event-id": lines[at]?.id ?? "" },
      });
      const rest = answer.text.split("\n").filter(Boolean);
      assert.deepEqual(
        rest.map((line) => (JSON.parse(line) as { id: string }).id),
        lines.slice(at + 1).map((line) => line.id),
        `after line ${at + 1}`,
      );
    }
  });

  test("sent as SSE ends with an event that says so, and each line has its id", async () => {
    const id = await ended("echo a; echo b");
    const { text, headers } = await ask(world.url, "GET", `/v1/containers/${id}/logs`, { key: user.apiKey });
    assert.match(headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.match(
      text,
      /^event: line\nid: (\S+)\ndata: \{"id":"\1".*\}\n\nevent: line\n[\s\S]+event: end\ndata: \{\}\n\n$/,
    );
  });

  test("of a terminal is one stream", async () => {
    const lines = await all(await ended("echo one; echo two >&2", { tty: true }));
    assert.deepEqual(
      lines.map(({ stream, text }) => [stream, text.trimEnd()]),
      [
        ["stdout", "one"],
        ["stdout", "two"],
      ],
    );
  });

  test("has a last line without a line end, an empty line, and a line of 100 KiB whole", async () => {
    const lines = await all(await ended("echo; printf end; "));
    assert.deepEqual(texts(lines), ["", "end"]);
    const long = await all(await ended("head -c 100000 /dev/zero | tr '\\0' y; echo"));
    assert.equal(texts(long).join("").length, 100_000);
  });

  test("of a container that never started is empty", async () => {
    const { id } = await user.containers.create({ image: "busybox", start: false }, WAIT);
    assert.deepEqual(await all(id), []);
    assert.deepEqual(await all(id, { follow: true }), []);
  });

  test("of a container that is removed while it is followed ends", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: sh("echo ready; sleep 1000") }, WAIT);
    const seen: string[] = [];
    const following = (async () => {
      for await (const { text } of user.containers.logs(id, { follow: true })) seen.push(text);
    })();
    await eventually("it is followed", () => seen.length === 1);
    await user.containers.remove(id, { force: true, ...WAIT });
    await following.catch((error: unknown) => assert.match(String(error), /container_not_found/));
    assert.deepEqual(seen, ["ready"]);
  });

  for (const query of ["since=yesterday", "until=12", "tail=-1", "tail=x", "follow=maybe"]) {
    test(`asked for with ${query} is a problem`, async () => {
      const id = await ended("echo a");
      const answer = await ask(world.url, "GET", `/v1/containers/${id}/logs?${query}`, { key: user.apiKey });
      assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"]);
    });
  }
});

describe("one stream of a container's log", () => {
  test("is given apart, with the last lines of that one, followed too", async () => {
    const id = await ended("for i in 1 2 3; do echo out $i; echo err $i >&2; done");
    assert.deepEqual(texts(await all(id, { stderr: false })), ["out 1", "out 2", "out 3"]);
    assert.deepEqual(texts(await all(id, { stdout: false })), ["err 1", "err 2", "err 3"]);
    assert.deepEqual(texts(await all(id, { stderr: false, tail: 2 })), ["out 2", "out 3"]);
    assert.deepEqual(texts(await all(id, { stdout: false, tail: 1, follow: true })), ["err 3"]);
  });

  test("neither of them is a problem", async () => {
    const id = await ended("echo a");
    const answer = await ask(world.url, "GET", `/v1/containers/${id}/logs?stdout=false&stderr=false`, {
      key: user.apiKey,
    });
    assert.deepEqual([answer.status, answer.body["code"]], [400, "invalid_request"]);
  });

  test("ends with the key it was opened with, while it is followed", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: sh("echo up; sleep 1000") }, WAIT);
    const key = await user.keys.create({ name: "short", scopes: ["read"] });
    const response = await fetch(`${world.url}/v1/containers/${id}/logs?follow=true`, {
      headers: { authorization: `Bearer ${key.apiKey}` },
    });
    const reading = (async () => {
      for await (const _ of response.body ?? []);
    })();
    await user.keys.revoke(key.id);
    await assert.rejects(reading);
  });
});
