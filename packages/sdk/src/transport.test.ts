import assert from "node:assert/strict";
import { test } from "node:test";
import { sendJson, sendProblem, startService } from "../test/service.ts";
import { Hafen, HafenError } from "./index.ts";

const unavailable = (response: Parameters<typeof sendProblem>[0]) => sendProblem(response, 503, "unavailable");

test("a GET is sent again after 504 and after a connection that broke, at most 3 times", async () => {
  await using service = await startService((response, _request, n) => {
    if (n === 0) response.writeHead(504).end("<h1>Gateway Timeout</h1>");
    else if (n === 1) response.socket?.destroy();
    else sendJson(response, 200, { name: "frank" });
  });
  assert.equal((await service.hafen.me()).name, "frank");
  assert.equal(service.received.length, 3);

  await using down = await startService(unavailable);
  await assert.rejects(down.hafen.me(), { code: "unavailable", status: 503 });
  assert.equal(down.received.length, 3);
});

test("an answer that is cut off in its body is asked for again", async () => {
  await using service = await startService((response, _request, n) => {
    if (n > 0) return sendJson(response, 200, { name: "frank" });
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write('{"name":');
    response.socket?.end();
  });
  assert.equal((await service.hafen.me()).name, "frank");
});

test("a POST is sent again under one idempotency key, and another call has another key", async () => {
  await using service = await startService((response, _request, n) =>
    n === 0 ? unavailable(response) : sendJson(response, 201, { id: "vol_1" }),
  );
  await service.hafen.volumes.create({ name: "data" });
  await service.hafen.volumes.create({ name: "data" });
  const keys = service.received.map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(keys[0]), /^[0-9a-f]{32}$/);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
  assert.deepEqual(JSON.parse(String(service.received[1]?.body)), { name: "data" });
});

test("an exec is sent once, whatever becomes of it", async () => {
  for (const fail of [unavailable, (response: Parameters<typeof unavailable>[0]) => void response.socket?.destroy()]) {
    await using service = await startService(fail);
    await assert.rejects(service.hafen.containers.exec("web", { command: ["./migrate"] }), { name: "HafenError" });
    assert.equal(service.received.length, 1);
  }
});

test("a malformed address or key is refused at once, and not quoted", () => {
  for (const options of [
    { url: "hfn_secret" },
    { url: "http://" },
    { url: "http://localhost", apiKey: "hfn_secret\n" },
    { url: "http://localhost", apiKey: "hfn_secrét" },
  ]) {
    assert.throws(
      () => new Hafen(options),
      (error: HafenError) => !/secr/.test(error.message) && error.code === "invalid_request",
    );
  }
});

test("a key that the caller gives is used, and waitSeconds is asked for by Prefer", async () => {
  await using service = await startService((response) => sendJson(response, 200, { id: "ctr_1" }));
  await service.hafen.containers.start("web", { idempotencyKey: "mine", waitSeconds: 20 });
  const { headers, url, method } = service.received[0]!;
  assert.deepEqual(
    [method, url, headers["idempotency-key"], headers["prefer"]],
    ["POST", "/v1/containers/web/start", "mine", "wait=20"],
  );
  assert.equal(headers.authorization, "Bearer hfn_test");
});

test("an answer that our own first attempt is under way is waited for; another's is an error", async () => {
  await using service = await startService((response, _request, n) => {
    if (n === 0) response.socket?.destroy();
    else if (n < 4) sendProblem(response, 409, "idempotency_in_progress");
    else sendJson(response, 200, { id: "ctr_1" });
  });
  assert.equal((await service.hafen.containers.start("web")).id, "ctr_1");
  assert.equal(service.received.length, 5);

  await using other = await startService((response) => sendProblem(response, 409, "idempotency_in_progress"));
  await assert.rejects(other.hafen.containers.start("web", { idempotencyKey: "theirs" }), {
    code: "idempotency_in_progress",
  });
  assert.equal(other.received.length, 1);
});

test("429 is retried after what Retry-After says, and not without it", async () => {
  await using service = await startService((response, _request, n) =>
    n === 0 ? response.writeHead(429, { "retry-after": "0" }).end() : sendJson(response, 200, { name: "frank" }),
  );
  assert.equal((await service.hafen.me()).name, "frank");
  await using bare = await startService((response) => response.writeHead(429).end());
  await assert.rejects(bare.hafen.me(), { status: 429 });
  assert.equal(bare.received.length, 1);
});

test("a Retry-After beyond the time limit is not waited for", async () => {
  await using service = await startService((response) => response.writeHead(429, { "retry-after": "600" }).end());
  await assert.rejects(service.hafen.me({ timeoutMs: 5_000 }), { status: 429, retryAfterMs: 600_000 });
});

test("an error of the caller's is not sent again, and carries the whole problem", async () => {
  const errors = [{ pointer: "/name", detail: "too long" }];
  await using service = await startService((response) =>
    sendProblem(response, 409, "container_wrong_state", { errors, states: ["created", "exited"] }),
  );
  const error = await service.hafen.containers.start("web").catch((cause: unknown) => cause);
  assert.ok(error instanceof HafenError);
  assert.equal(error.code, "container_wrong_state");
  assert.equal(error.message, "container_wrong_state: the detail of container_wrong_state");
  assert.deepEqual(
    [error.status, error.requestId, error.errors, error.states],
    [409, "req_1", errors, ["created", "exited"]],
  );
  assert.equal(service.received.length, 1);
});

test("an answer without a problem gets a code by its status", async () => {
  await using service = await startService((response) =>
    response.writeHead(413, { "x-request-id": "req_9" }).end("<h1>too large</h1>"),
  );
  await assert.rejects(service.hafen.me(), { code: "body_too_large", status: 413, requestId: "req_9" });
});

test("a page of HTML in place of JSON is an error that says so", async () => {
  await using service = await startService((response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
  );
  await assert.rejects(service.hafen.me(), { code: "network", detail: /not JSON/ });
  assert.equal(service.received.length, 1);
});

test("a service that is not there is code network", async () => {
  const service = await startService(() => {});
  await service[Symbol.asyncDispose]();
  await assert.rejects(service.hafen.me(), { code: "network", detail: /ECONNREFUSED/ });
});

test("a call ends at its time limit, also while its body is read", async () => {
  await using silent = await startService(() => {});
  await assert.rejects(silent.hafen.me({ timeoutMs: 30 }), { code: "timeout" });
  await using slow = await startService((response) => response.writeHead(200).write("{"), { timeoutMs: 30 });
  await assert.rejects(slow.hafen.me(), { code: "timeout" });
  assert.equal(slow.received.length, 1);
});

test("the caller's signal ends a call, before it, during it, and between attempts", async () => {
  await using service = await startService(() => {});
  const reason = new Error("changed my mind");
  await assert.rejects(service.hafen.me({ signal: AbortSignal.abort(reason) }), { code: "aborted", cause: reason });
  assert.equal(service.received.length, 0);

  const during = new AbortController();
  await using silent = await startService(() => during.abort());
  await assert.rejects(silent.hafen.me({ signal: during.signal }), { code: "aborted" });

  const between = new AbortController();
  await using down = await startService((response) => {
    response.on("close", () => between.abort());
    response.writeHead(429, { "retry-after": "30" }).end();
  });
  await assert.rejects(down.hafen.me({ signal: between.signal }), { code: "aborted" });
  assert.equal(down.received.length, 1);
});

test("names are percent-encoded, and one that a URL would fold away is refused", async () => {
  await using service = await startService((response) => sendJson(response, 200, {}));
  await service.hafen.images.get("team/app:1?x");
  assert.equal(service.received[0]?.url, "/v1/images/team%2Fapp%3A1%3Fx");
  for (const ref of ["", ".", ".."])
    await assert.rejects(service.hafen.containers.remove(ref), { code: "invalid_request" });
  assert.equal(service.received.length, 1);
});

test("a service below a path is reached below it", async () => {
  await using service = await startService((response) => sendJson(response, 200, {}));
  await new Hafen({ url: `${service.url}/hafen/` }).me();
  assert.equal(service.received[0]?.url, "/hafen/v1/me");
  assert.equal(service.received[0]?.headers.authorization, undefined);
});

test("a revoked key answers nothing", async () => {
  await using service = await startService((response) => response.writeHead(204).end());
  assert.equal(await service.hafen.keys.revoke("ci"), undefined);
});
