import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { collect } from "../test/collect.ts";
import { sendEvents, sendProblem, startService, type Sent } from "../test/service.ts";

const END: Sent = { event: "end", data: { id: "bld_1", state: "succeeded" } };
const lines = (from: number, to: number): Sent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    id: String(from + i),
    event: "line",
    data: { id: from + i, stream: "stdout", text: `line ${from + i}`, at: "" },
  }));

test("a build log goes on after the last line received, without gap or double, and returns the build", async () => {
  await using service = await startService((response, { headers }, n) => {
    const after = Number(headers["last-event-id"] ?? 0);
    if (n === 0) {
      sendEvents(response, lines(1, 3), 'id: 4\nevent: line\ndata: {"id": 4'); // cut inside an event
      response.socket?.destroySoon();
    } else if (n === 1) {
      sendEvents(response, lines(after + 1, 6));
      response.end(); // ends cleanly, but without its end
    } else if (n === 2) sendProblem(response, 503, "host_unreachable");
    else {
      sendEvents(response, [...lines(after + 1, 8), END]);
      response.end();
    }
  });
  const ids: number[] = [];
  const build = await service.hafen.builds.wait("bld_1", { onLine: ({ id }) => ids.push(id) });
  assert.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(build.state, "succeeded");
  assert.deepEqual(
    service.received.map(({ headers }) => headers["last-event-id"]),
    [undefined, "3", "6", "6"],
  );
  assert.equal(service.received[0]?.url, "/v1/builds/bld_1/logs?follow=true");
});

test("a log can be taken up where another reader left it", async () => {
  await using service = await startService((response) => sendEvents(response, [...lines(8, 8), END]));
  const log = await collect(service.hafen.builds.logs("bld_1", { lastEventId: 7 }));
  assert.deepEqual(
    log.map(({ text }) => text),
    ["line 8"],
  );
  assert.equal(service.received[0]?.headers["last-event-id"], "7");
});

test("a container's log asks for its tail once: after a break it goes on from the last line", async () => {
  await using service = await startService((response, _request, n) => {
    sendEvents(
      response,
      n === 0
        ? [{ id: "t1", event: "line", data: { stream: "stdout", text: "a", at: "t1" } }]
        : [{ event: "end", data: {} }],
    );
    response.end();
  });
  const log = await collect(service.hafen.containers.logs("web", { follow: true, tail: 1, since: new Date(0) }));
  assert.deepEqual(
    log.map(({ text }) => text),
    ["a"],
  );
  assert.deepEqual(
    service.received.map(({ url }) => url),
    [
      "/v1/containers/web/logs?follow=true&tail=1&since=1970-01-01T00%3A00%3A00.000Z",
      "/v1/containers/web/logs?follow=true",
    ],
  );
  assert.equal(service.received[1]?.headers["last-event-id"], "t1");
});

test("a place that the service tells without an event is where a quiet stream goes on", async () => {
  await using service = await startService((response, _request, n) => {
    if (n === 0) sendEvents(response, [{ id: "evt_5" }]);
    else
      sendEvents(response, [
        { id: "evt_6", event: "container.started", data: { id: "evt_6", type: "container.started" } },
      ]);
    response.end();
  });
  for await (const event of service.hafen.events.stream({ type: "container." })) {
    assert.equal(event.id, "evt_6");
    break;
  }
  assert.equal(service.received[1]?.headers["last-event-id"], "evt_5");
});

test("a problem that another attempt cannot mend ends a stream", async () => {
  await using service = await startService((response) => sendProblem(response, 404, "build_not_found"));
  await assert.rejects(service.hafen.builds.wait("bld_1"), { code: "build_not_found" });
  assert.equal(service.received.length, 1);
});

test("a stream that never begins is given up like any call; one that had begun is tried for longer", async () => {
  await using down = await startService((response) => sendProblem(response, 503, "unavailable"));
  await assert.rejects(down.hafen.builds.wait("bld_1"), { code: "unavailable" });
  assert.equal(down.received.length, 3);

  await using gone = await startService((response, _request, n) => {
    if (n === 0) sendEvents(response, lines(1, 1));
    response.socket?.destroySoon();
  });
  await assert.rejects(gone.hafen.builds.wait("bld_1"), { code: "network" });
  assert.equal(gone.received.length, 10);
});

test("a reader that leaves closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  await using service = await startService((response) => {
    response.on("close", () => closed.resolve());
    sendEvents(response, lines(1, 1));
  });
  for await (const line of service.hafen.builds.logs("bld_1", { follow: true })) {
    assert.equal(line.id, 1);
    break;
  }
  await closed.promise;
});

test("the caller's signal and time limit end a stream that is quiet", async () => {
  const abort = new AbortController();
  await using service = await startService((response) => sendEvents(response, lines(1, 1)));
  const log = service.hafen.builds.logs("bld_1", { follow: true, signal: abort.signal });
  await log.next();
  const next = log.next();
  abort.abort();
  await assert.rejects(next, { code: "aborted" });
  await assert.rejects(service.hafen.builds.wait("bld_1", { timeoutMs: 50 }), { code: "timeout" });
});

test("a quiet stream outlives the time limit of calls", async () => {
  const quietMs = 120;
  await using service = await startService(
    (response) => {
      sendEvents(response, lines(1, 1));
      setTimeout(() => response.end('event: end\ndata: {"state":"failed"}\n\n'), quietMs);
    },
    { timeoutMs: quietMs / 3 },
  );
  assert.equal((await service.hafen.builds.wait("bld_1")).state, "failed");
  assert.equal(service.received.length, 1);
});

test("a connection that falls silent after it promised comments is replaced", async (t) => {
  const lost = Promise.withResolvers<void>();
  await using service = await startService((response, _request, n) => {
    if (n === 0) response.on("close", () => lost.resolve());
    sendEvents(response, [{}, ...(n === 0 ? lines(1, 1) : [END])], n === 0 ? ": alive\n\n" : "");
  });
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const log = service.hafen.builds.logs("bld_1", { follow: true });
  await log.next();
  const end = log.next();
  await setImmediate();
  t.mock.timers.tick(60_000);
  await lost.promise;
  while (service.received.length < 2) {
    await setImmediate();
    t.mock.timers.tick(1_000);
  }
  assert.equal((await end).done, true);
  assert.equal(service.received[1]?.headers["last-event-id"], "1");
});

test("past events are read as lines, and go on after the last one when they break off", async () => {
  const line = (id: string) => `${JSON.stringify({ id, type: "image.created" })}\n`;
  await using service = await startService((response, _request, n) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.end(n === 0 ? line("evt_1") + line("evt_2").slice(0, 9) : line("evt_2") + line("evt_3"));
  });
  const events = await service.hafen.events.list({ type: "image." });
  assert.deepEqual(
    events.map(({ id }) => id),
    ["evt_1", "evt_2", "evt_3"],
  );
  assert.deepEqual(
    service.received.map(({ url }) => url),
    ["/v1/events?type=image.&since=start&follow=false", "/v1/events?type=image.&since=evt_1&follow=false"],
  );
  assert.equal(service.received[0]?.headers.accept, "application/x-ndjson");
});
