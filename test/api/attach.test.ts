import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Hafen, Problem } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { closeCode, readerOf, upgrade } from "./sockets.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };

describe("attach", () => {
  let world: World;
  let user: Hafen & { apiKey: string };
  before(async () => {
    world = await startWorld();
    user = await world.user();
  });
  after(() => world[Symbol.asyncDispose]());

  const running = (command: string, more: object = {}) =>
    user.containers.use({ image: "busybox", command: ["sh", "-c", command], ...more }, WAIT);

  test("gives what was printed before, what is printed now, and how it ended", async () => {
    await using container = await running(
      "echo early; echo odd >&2; while [ ! -e /go ]; do sleep 0.05; done; echo late; exit 7",
    );
    await eventually("it has printed", async () => (await Array.fromAsync(container.logs())).length === 2);
    const attachment = await container.attach({ backlog: true });
    const reader = readerOf(attachment);
    await reader.until(/early/);
    await container.exec({ command: ["touch", "/go"] });
    assert.deepEqual(await reader.toEnd(), { stdout: "early\nlate\n", stderr: "odd\n" });
    const { exitCode, termination } = await attachment.ended;
    assert.deepEqual([exitCode, termination?.cause, termination?.exitCode], [7, "error", 7]);
  });

  test("without backlog begins now", async () => {
    await using container = await running("echo early; while [ ! -e /go ]; do sleep 0.05; done; echo late");
    await eventually("it has printed", async () => (await Array.fromAsync(container.logs())).length === 1);
    const attachment = await container.attach();
    await container.exec({ command: ["touch", "/go"] });
    assert.equal((await readerOf(attachment).toEnd()).stdout, "late\n");
    assert.equal((await attachment.ended).exitCode, 0);
  });

  test("carries every byte of stdin, and its end ends a process that reads to the end", async () => {
    await using container = await running("cat", { openStdin: true, stdinOnce: true });
    const attachment = await container.attach();
    const reader = readerOf(attachment);
    const all = reader.toEnd();
    const sent = randomBytes(3 * MIB);
    await attachment.write(sent);
    attachment.end();
    assert.ok(Buffer.from((await all).stdout, "latin1").equals(sent));
    assert.deepEqual(await attachment.ended.then(({ exitCode, termination }) => [exitCode, termination?.cause]), [
      0,
      "completed",
    ]);
  });

  test("leaves stdin open to the next client where it was not made stdinOnce", async () => {
    await using container = await running("cat", { openStdin: true });
    const first = await container.attach();
    const reader = readerOf(first);
    await first.write("one\n");
    await reader.until(/one\n/);
    first.end();
    first.close();
    await assert.rejects(first.ended, { code: "aborted" });
    const second = await container.attach();
    await second.write("two\n");
    await readerOf(second).until(/^two\n/);
    second.close();
    assert.equal((await container.refresh()).state, "running");
  });

  test("carries a terminal: its size, its one stream, and Ctrl-D at the end of input", async () => {
    await using container = await running("sh", { tty: true, openStdin: true });
    const attachment = await container.attach();
    const reader = readerOf(attachment);
    attachment.resize(100, 30);
    await attachment.write("stty size; ls /absent\n");
    // The shell reads Ctrl-D as the end only at its prompt: what comes while a command ends is lost on the way.
    await reader.until(/30 100\r\n[^]*absent[^]*# /);
    attachment.end();
    assert.equal((await reader.toEnd()).stderr, "");
    assert.equal(typeof (await attachment.ended).exitCode, "number");
  });

  test("with start it begins with the first byte of the new run, and with nothing of those before", async () => {
    const command = ["sh", "-c", "echo start; cat; exit 3"];
    const made = await user.containers.create(
      { image: "busybox", command, openStdin: true, stdinOnce: true, start: false },
      WAIT,
    );
    for (const sent of ["one", "two"]) {
      const attachment = await user.containers.attach(made.id, { start: true });
      await attachment.write(sent);
      attachment.end();
      assert.deepEqual(await readerOf(attachment).toEnd(), { stdout: `start\n${sent}`, stderr: "" });
      const { exitCode, termination } = await attachment.ended;
      assert.deepEqual([exitCode, termination?.cause], [3, "error"]);
    }
    const told = (await user.events.list()).filter(({ subject }) => subject === made.id);
    assert.equal(told.filter(({ type }) => type === "container.started").length, 2);
  });

  test("with start it is refused where a start would be, and then starts nothing", async () => {
    await using live = await running("sleep 1000");
    const wrong = await refusal(user.containers.attach(live.id, { start: true }), "container_wrong_state");
    assert.deepEqual(wrong.states, ["created", "exited"]);
    const small = await world.user(undefined, { running: 0 });
    const made = await small.containers.create({ image: "busybox", command: ["true"], start: false }, WAIT);
    await refusal(small.containers.attach(made.id, { start: true }), "quota_exceeded");
    assert.equal((await small.containers.get(made.id)).state, "created");
  });

  test("with start ends with the run it started, though its restart policy begins another", async () => {
    const command = ["sh", "-c", "echo ran; exit 4"];
    const restart = { policy: "on-failure" as const, maximumRetryCount: 2 };
    const made = await user.containers.create({ image: "busybox", command, restart, start: false }, WAIT);
    const attachment = await user.containers.attach(made.id, { start: true });
    assert.equal((await readerOf(attachment).toEnd()).stdout, "ran\n");
    assert.equal((await attachment.ended).exitCode, 4);
  });

  test("is refused as plain HTTP before the upgrade", async () => {
    await using container = await running("sleep 1000");
    const other = await world.user();
    const { apiKey: readKey } = await user.keys.create({ name: "reader", scopes: ["read"] });
    const path = `/v1/containers/${container.id}/attach`;
    const refusals: [string | undefined, string, number, string][] = [
      [undefined, path, 401, "unauthenticated"],
      [readKey, path, 403, "scope_missing"],
      [other.apiKey, path, 404, "container_not_found"],
      [user.apiKey, "/v1/containers/absent/attach", 404, "container_not_found"],
      [user.apiKey, `${path}?backlog=maybe`, 400, "invalid_request"],
      [user.apiKey, "/v1/absent", 404, "not_found"],
    ];
    for (const [key, asked, status, code] of refusals) {
      const { response, socket } = await upgrade(world, asked, key);
      assert.equal(socket, undefined);
      assert.equal(response.headers["content-type"], "application/problem+json");
      const problem = JSON.parse(
        Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString(),
      ) as Problem;
      assert.deepEqual([response.statusCode, problem.status, problem.code], [status, status, code]);
      assert.equal(response.headers["x-request-id"], problem.requestId);
    }
    assert.equal((await upgrade(world, "/healthz")).response.statusCode, 400);
    assert.equal((await ask(world.url, "GET", path, { key: user.apiKey })).status, 426);
    await refusal(other.containers.attach(container.id), "container_not_found");
  });

  test("is refused without leaving a connection open, whatever its client does with its side", async () => {
    const socket = connect({ port: Number(new URL(world.url).port), host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    const lines = [`GET /v1/containers/x/attach HTTP/1.1`, "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
    socket.write(`${lines.join("\r\n")}\r\n\r\nmore`);
    assert.match(await text(socket), /^HTTP\/1\.1 401 [^]*"unauthenticated"/);
    await eventually("nobody is on the other side", () => (socket.write("more"), socket.destroyed));
  });

  test("is refused when the container does not run, with the states that allow it", async () => {
    const made = await user.containers.create({ image: "busybox", command: ["true"], start: false }, WAIT);
    const error = await refusal(user.containers.attach(made.id), "container_wrong_state");
    assert.deepEqual([error.status, error.states], [409, ["running"]]);
    await user.containers.start(made.id, WAIT);
    await user.containers.wait(made.id);
    await refusal(user.containers.attach(made.id), "container_wrong_state");
  });

  test("closes on what a client may not send, and says why", async () => {
    await using container = await running("sleep 1000");
    const cases: [string | Uint8Array, number][] = [
      [Buffer.concat([Buffer.of(0), Buffer.alloc(MIB)]), 1009],
      ["text", 1003],
      [Buffer.from("\0no stdin here"), 1008],
      [Buffer.from("\x01not a client's"), 1008],
      [Buffer.from("\x03{"), 1008],
      [Buffer.from('\x03{"type":"resize","columns":0,"rows":1}'), 1008],
    ];
    for (const [message, code] of cases) {
      const options = { headers: { authorization: `Bearer ${user.apiKey}` } };
      const socket = new WebSocket(
        `${world.url.replace("http", "ws")}/v1/containers/${container.id}/attach`,
        options as never,
      );
      await once(socket, "open");
      socket.send(message as Uint8Array<ArrayBuffer>);
      const [closed] = (await once(socket, "close")) as [CloseEvent];
      assert.equal(closed.code, code, `${closed.reason} for ${message.slice(0, 20).toString()}`);
    }
  });

  test("F38 drops a client that reads nothing, and neither the process nor another client stands still for it", async () => {
    await using container = await running("yes a line of many, with some more text on it");
    await using quiet = await running("while :; do echo tick; sleep 0.05; done");
    const { socket, head } = await upgrade(world, `/v1/containers/${container.id}/attach`, user.apiKey);
    assert.ok(socket);
    const other = await quiet.attach();
    const following = await container.attach();
    let followedBytes = 0;
    const counting = (async () => {
      for await (const { data } of following.output) followedBytes += data.length;
    })().catch(() => {});
    await readerOf(other).until(/(tick\n){40}/);
    // Far more than all buffers on the stalled client's way hold: once it has come, nobody waits for that client.
    await eventually("the process goes on", () => followedBytes > 96 * MIB);
    assert.equal(await closeCode(socket, head), 1013);
    following.close();
    other.close();
    await counting;
  });

  test("ends with the key it was opened with", async () => {
    await using container = await running("sleep 1000");
    const { apiKey, id } = await user.keys.create({ name: "short", scopes: ["read", "write"] });
    const options = { headers: { authorization: `Bearer ${apiKey}` } };
    const socket = new WebSocket(
      `${world.url.replace("http", "ws")}/v1/containers/${container.id}/attach`,
      options as never,
    );
    await once(socket, "open");
    const closed = once(socket, "close") as Promise<[CloseEvent]>;
    await user.keys.revoke(id);
    assert.equal((await closed)[0].code, 1008);
  });

  test("more than 100 at once are too many", async () => {
    const many = await world.user();
    await using container = await many.containers.use({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const path = `/v1/containers/${container.id}/attach`;
    const open = await Promise.all(Array.from({ length: 100 }, () => upgrade(world, path, many.apiKey)));
    assert.ok(open.every(({ socket }) => socket));
    assert.equal((await upgrade(world, path, many.apiKey)).response.statusCode, 429);
    for (const { socket } of open) socket?.destroy();
    await eventually("there is room again", async () => {
      const { response, socket } = await upgrade(world, path, many.apiKey);
      socket?.destroy();
      return response.statusCode === 101;
    });
  });
});
