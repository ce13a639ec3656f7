import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { collect } from "../test/collect.ts";
import { sendJson, sendProblem, startService } from "../test/service.ts";

const tar = new Uint8Array(1024).fill(65);

async function* chunks(...all: Uint8Array[]) {
  yield* all;
}

test("listAll reads every page, with the query on each", async () => {
  await using service = await startService((response, _request, n) =>
    sendJson(response, 200, {
      items: [{ id: `ctr_${2 * n}` }, { id: `ctr_${2 * n + 1}` }],
      nextCursor: n < 2 ? `c${n + 1}` : null,
    }),
  );
  const all = await collect(service.hafen.containers.listAll({ state: "running", limit: 2 }));
  assert.deepEqual(
    all.map(({ id }) => id),
    ["ctr_0", "ctr_1", "ctr_2", "ctr_3", "ctr_4", "ctr_5"],
  );
  assert.equal(service.received[2]?.url, "/v1/containers?state=running&limit=2&cursor=c2");
});

test("a page that is not read is not asked for", async () => {
  await using service = await startService((response) =>
    sendJson(response, 200, { items: [{ id: "vol_1" }], nextCursor: "more" }),
  );
  for await (const volume of service.hafen.volumes.listAll()) {
    assert.equal(volume.id, "vol_1");
    break;
  }
  assert.equal(service.received.length, 1);
});

test("a build context is sent with the content type of its first bytes", async () => {
  await using service = await startService((response) => sendJson(response, 202, { id: "bld_1" }));
  const { builds } = service.hafen;
  const gzip = gzipSync(tar);
  const zstd = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0);
  await builds.create(tar, { tag: "app", noCache: true, buildArgs: { A: "1" } });
  await builds.create(gzip);
  await builds.create(new Blob([zstd]));
  await builds.create(chunks(gzip.subarray(0, 1), gzip.subarray(1)));
  assert.deepEqual(
    service.received.map(({ headers }) => headers["content-type"]),
    ["application/x-tar", "application/gzip", "application/zstd", "application/gzip"],
  );
  assert.equal(service.received[0]?.url, "/v1/builds?tag=app&noCache=true&buildArgs=%7B%22A%22%3A%221%22%7D");
  assert.deepEqual(service.received[3]?.body, gzip);
});

test("bytes are sent again after a failure; a stream, which cannot be, is sent once and without a key", async () => {
  await using service = await startService((response, _request, n) =>
    n === 1 ? sendJson(response, 202, { id: "bld_1" }) : sendProblem(response, 503, "unavailable"),
  );
  assert.equal((await service.hafen.builds.create(tar)).id, "bld_1");
  assert.deepEqual(service.received[1]?.body, Buffer.from(tar));
  await assert.rejects(service.hafen.builds.create(new Blob([tar]).stream()), { code: "unavailable" });
  assert.equal(service.received.length, 3);
  assert.equal(service.received[2]?.headers["idempotency-key"], undefined);
});

test("a stream that fails in the middle is the caller's error, with its cause", async () => {
  const cause = new Error("disk on fire");
  async function* failing() {
    yield tar;
    throw cause;
  }
  await using service = await startService((response) => sendJson(response, 202, { id: "bld_1" }));
  await assert.rejects(service.hafen.builds.create(failing()), { code: "aborted", cause });
  assert.equal(service.received.length, 0);
});

test("inline files go as base64, the Dockerfile among them", async () => {
  await using service = await startService((response) => sendJson(response, 202, { id: "bld_1" }));
  const large = new Uint8Array(100_000).fill(7);
  await service.hafen.builds.createFromFiles(
    { dockerfile: "FROM debian\n", files: { "a/ä.txt": "ä", "b.bin": large } },
    { tag: "app", waitSeconds: 5 },
  );
  const { tag, dockerfile, files } = JSON.parse(String(service.received[0]?.body));
  assert.deepEqual(
    [tag, dockerfile, Object.keys(files).toSorted()],
    ["app", "Dockerfile", ["Dockerfile", "a/ä.txt", "b.bin"]],
  );
  assert.equal(String(Buffer.from(files["a/ä.txt"], "base64")), "ä");
  assert.deepEqual(Buffer.from(files["b.bin"], "base64"), Buffer.from(large));
  assert.equal(service.received[0]?.headers["prefer"], "wait=5");
});

test("an import says its tag and command in the query and is a tar whatever it holds", async () => {
  await using service = await startService((response) => sendJson(response, 202, { id: "bld_1" }));
  await service.hafen.images.import(gzipSync(tar), { tag: "debian:12", catalog: true, command: ["bash"] });
  assert.equal(service.received[0]?.url, "/v1/images/import?tag=debian%3A12&catalog=true&command=%5B%22bash%22%5D");
  assert.equal(service.received[0]?.headers["content-type"], "application/x-tar");
});

test("wait asks again until the container has ended, without an idempotency key", async () => {
  await using service = await startService((response, _request, n) => {
    if (n === 0) sendProblem(response, 503, "unavailable");
    else
      sendJson(response, 200, {
        settled: n === 3,
        state: n === 3 ? "exited" : "running",
        exitCode: n === 3 ? 0 : null,
        termination: null,
      });
  });
  assert.equal((await service.hafen.containers.wait("job")).exitCode, 0);
  assert.equal(service.received.length, 4);
  assert.equal(service.received[0]?.headers["idempotency-key"], undefined);
});

test("wait gives up after timeoutSeconds with an answer, and after timeoutMs with an error", async () => {
  await using service = await startService((response) => sendJson(response, 200, { settled: false, state: "running" }));
  assert.equal((await service.hafen.containers.wait("job", { timeoutSeconds: 0.2 })).settled, false);
  await assert.rejects(service.hafen.containers.wait("job", { timeoutMs: 50 }), { code: "timeout" });
  assert.ok(service.received.length < 10, "it does not ask in a busy loop");
});

test("a container in use is removed with its anonymous volumes at the end of its scope", async () => {
  await using service = await startService((response, { method }) => {
    if (method === "DELETE") sendProblem(response, 404, "container_not_found"); // gone already: no error
    else sendJson(response, 200, { id: "ctr_1", state: "running", exitCode: 0 });
  });
  {
    await using container = await service.hafen.containers.use({ image: "debian" });
    assert.equal(container.id, "ctr_1");
    await container.exec({ command: ["true"] });
    assert.equal((await container.stop({ graceSeconds: 1 })).state, container.container.state);
  }
  assert.deepEqual(
    service.received.map(({ method, url }) => `${method} ${url}`),
    [
      "POST /v1/containers",
      "POST /v1/containers/ctr_1/exec",
      "POST /v1/containers/ctr_1/stop",
      "DELETE /v1/containers/ctr_1?force=true&volumes=true",
    ],
  );
});

test("a container that could not be made is removed, and use says why", async () => {
  await using service = await startService((response) =>
    sendJson(response, 200, {
      id: "ctr_1",
      state: "failed",
      failure: { code: "image_missing", detail: "no such file" },
    }),
  );
  await assert.rejects(service.hafen.containers.use({ image: "debian" }), {
    code: "container_wrong_state",
    detail: /image_missing: no such file/,
  });
  assert.equal(service.received[1]?.method, "DELETE");
});

test("images come and go by their routes, with a registry and a reference in one piece", async () => {
  await using service = await startService((response, { method, url }) => {
    if (method === "DELETE") response.writeHead(204).end();
    else if (url.endsWith("/export")) response.writeHead(200, { "content-type": "application/x-tar" }).end(tar);
    else sendJson(response, 200, url === "/v1/registries" ? { items: [{ registry: "ghcr.io" }] } : { id: "bld_1" });
  });
  const { images, containers, registries } = service.hafen;
  await images.pull("ghcr.io/team/app:1", { tag: "app", platform: "linux/amd64" });
  await images.push("team/app:1", "ghcr.io/team/app:1");
  await containers.commit("web", { tag: "kept", changes: ["ENV A=1"], pause: false });
  await images.import(tar, { keepTags: true, changes: ["ENV A=1"] });
  await registries.store("registry.example:5000", { username: "u", password: "p" });
  assert.deepEqual(await registries.list(), [{ registry: "ghcr.io" }]);
  await registries.remove("ghcr.io");
  assert.deepEqual(Buffer.concat(await collect(images.export("team/app:1"))), Buffer.from(tar));
  assert.deepEqual(
    service.received.map(({ method, url }) => `${method} ${url}`),
    [
      "POST /v1/images/pull",
      "POST /v1/images/team%2Fapp%3A1/push",
      "POST /v1/containers/web/commit",
      "POST /v1/images/import?keepTags=true&changes=%5B%22ENV+A%3D1%22%5D",
      "PUT /v1/registries/registry.example%3A5000",
      "GET /v1/registries",
      "DELETE /v1/registries/ghcr.io",
      "GET /v1/images/team%2Fapp%3A1/export",
    ],
  );
});
