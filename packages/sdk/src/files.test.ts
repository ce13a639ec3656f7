import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { collect } from "../test/collect.ts";
import { sendJson, sendProblem, startService } from "../test/service.ts";
import { Queue } from "./queue.ts";

const tar = new Uint8Array(1024).fill(65);

test("files are put again after a failure when their tar can be sent again, and not when it was a stream", async () => {
  await using service = await startService((response, _request, n) =>
    n === 1 ? sendJson(response, 200, { entries: 1, contentBytes: 2 }) : sendProblem(response, 503, "host_unreachable"),
  );
  assert.deepEqual(await service.hafen.containers.putFiles("web", "/a b", tar), { entries: 1, contentBytes: 2 });
  const [first, second] = service.received;
  assert.deepEqual([first?.method, first?.url], ["PUT", "/v1/containers/web/files?path=%2Fa+b"]);
  assert.equal(first?.headers["content-type"], "application/x-tar");
  assert.deepEqual(second?.body, Buffer.from(tar));
  async function* stream() {
    yield tar;
  }
  await assert.rejects(service.hafen.containers.putFiles("web", "/", stream()), { code: "host_unreachable" });
  assert.equal(service.received.length, 3);
});

test("one file goes as its bytes, whatever they look like, with its mode and size", async () => {
  await using service = await startService((response) => sendJson(response, 200, { entries: 1, contentBytes: 1 }));
  const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0);
  await service.hafen.containers.putFile("web", "/f", gzip, { mode: 0o755 });
  async function* stream() {
    yield gzip;
  }
  await service.hafen.volumes.putFile("/home/frank", "/f", stream(), { sizeBytes: 4 });
  assert.deepEqual(
    service.received.map(({ method, url, headers }) => [method, url, headers["content-type"]]),
    [
      ["PUT", "/v1/containers/web/files?path=%2Ff&mode=755", "application/octet-stream"],
      ["PUT", "/v1/volumes/%2Fhome%2Ffrank/files?path=%2Ff&sizeBytes=4", "application/octet-stream"],
    ],
  );
  assert.deepEqual(service.received[1]?.body, Buffer.from(gzip));
  await using file = await startService((response) => response.end("bytes"));
  assert.equal(Buffer.concat(await collect(file.hafen.volumes.getFile("notes", "/f"))).toString(), "bytes");
  assert.match(file.received[0]?.headers["accept"] ?? "", /^application\/octet-stream/);
});

test("files that break off on their way are an error, not a short tar", async () => {
  await using service = await startService((response) => {
    response.writeHead(200, { "content-type": "application/x-tar" });
    response.write(tar, () => response.destroy());
  });
  await assert.rejects(collect(service.hafen.containers.getFiles("web", "/etc")), { code: "network" });
  await using none = await startService((response) => sendProblem(response, 404, "path_not_found"));
  await assert.rejects(collect(none.hafen.containers.getFiles("web", "/etc")), { code: "path_not_found" });
});

test("a queue hands over what came before its end, refuses what is too much, and wakes its reader", async () => {
  const queue = new Queue<string>(5, (text) => text.length);
  assert.deepEqual([queue.push("abc"), queue.push("def"), queue.push("de")], [true, false, true]);
  const reading = collect(queue);
  await setImmediate();
  queue.push("late");
  queue.end();
  queue.push("after the end");
  assert.deepEqual(await reading, ["abc", "de", "late"]);
  const broken = new Queue<string>(5, (text) => text.length);
  broken.push("a");
  broken.fail(new Error("lost"));
  await assert.rejects(collect(broken), /lost/);
});
