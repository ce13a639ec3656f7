import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Hafen } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 60 };
const RAW = "application/octet-stream";

describe("one file of a container, as its bytes", () => {
  let world: World;
  let user: Hafen & { apiKey: string };
  before(async () => {
    world = await startWorld();
    user = await world.user();
  });
  after(() => world[Symbol.asyncDispose]());

  const running = (more: object = {}) =>
    user.containers.use({ image: "busybox", command: ["sleep", "1000"], ...more }, WAIT);
  const sh = async (id: string, command: string) =>
    (await user.containers.exec(id, { command: ["sh", "-c", command] })).stdout.trim();
  const read = async (id: string, path: string) => (await buffer(user.containers.getFile(id, path))).toString();
  const address = (id: string, path: string, more = "") =>
    `/v1/containers/${id}/files?path=${encodeURIComponent(path)}${more}`;

  test("goes in with its mode and comes out with length, mode and time", async () => {
    await using container = await running();
    const written = await container.putFile("/root/run.sh", Buffer.from("#!/bin/sh\necho ran\n"), { mode: 0o755 });
    assert.deepEqual(written, { entries: 1, contentBytes: 19 });
    assert.equal(await sh(container.id, "/root/run.sh"), "ran");
    const answer = await ask(world.url, "GET", address(container.id, "/root/run.sh"), {
      key: user.apiKey,
      headers: { accept: RAW },
    });
    assert.equal(answer.text, "#!/bin/sh\necho ran\n");
    assert.deepEqual(
      ["content-type", "content-length", "hafen-file-mode"].map((name) => answer.headers.get(name)),
      [RAW, "19", "0755"],
    );
    assert.ok(Math.abs(Date.parse(answer.headers.get("last-modified") ?? "") - Date.now()) < 600_000);
    await container.putFile("/root/run.sh", Buffer.from("short"));
    assert.deepEqual(
      [await read(container.id, "/root/run.sh"), await sh(container.id, "stat -c %a /root/run.sh")],
      ["short", "644"],
    );
    await container.putFile("/root/empty", new Uint8Array(0));
    assert.equal(await read(container.id, "/root/empty"), "");
  });

  test("loses set-uid bits, and a name that is too long or not ASCII is what it is", async () => {
    await using container = await running();
    await container.putFile("/root/su", Buffer.from("x"), { mode: 0o4755 });
    assert.equal(await sh(container.id, "stat -c %a /root/su"), "755");
    await container.putFile("/root/Grüße 港", Buffer.from("x"));
    assert.equal(await read(container.id, "/root/Grüße 港"), "x");
    await refusal(container.putFile(`/root/${"n".repeat(256)}`, Buffer.from("x")), "invalid_request");
  });

  test("is reached in a container that was only made, is paused, or has ended", async () => {
    const made = await user.containers.create({ image: "busybox", command: ["cat", "/in"], start: false }, WAIT);
    await user.containers.putFile(made.id, "/in", Buffer.from("before the start"));
    await user.containers.start(made.id, WAIT);
    await user.containers.wait(made.id);
    await user.containers.putFile(made.id, "/in", Buffer.from("after the end"));
    assert.equal(await read(made.id, "/in"), "after the end");
    await using paused = await running();
    const { body } = await engine("POST", `/containers/${paused.id}/pause`);
    assert.equal(body, "");
    await paused.putFile("/in", Buffer.from("while it is paused"));
    assert.equal(await read(paused.id, "/in"), "while it is paused");
    await engine("POST", `/containers/${paused.id}/unpause`);
  });

  test("is found through links, in and out, as a shell finds it", async () => {
    await using container = await running();
    await sh(
      container.id,
      "cd /root; mkdir d; echo -n x > d/f; ln -s d/f rel; ln -s /root/rel abs; ln -s loop loop; ln -s /new dangling",
    );
    assert.equal(await read(container.id, "/root/abs"), "x");
    await container.putFile("/root/abs", Buffer.from("through"));
    assert.equal(await sh(container.id, "cat /root/d/f; readlink /root/abs"), "through/root/rel");
    await container.putFile("/root/dangling", Buffer.from("made"));
    assert.equal(await sh(container.id, "cat /new"), "made");
    await refusal(Array.fromAsync(container.getFile("/root/loop")), "path_not_found");
  });

  test("that is a directory, a FIFO, in memory, absent or too large is refused, and none of it hangs", async () => {
    await using container = await running();
    await sh(
      container.id,
      "mkfifo /root/fifo; truncate -s 1T /root/sparse || dd if=/dev/zero of=/root/sparse bs=1 count=1 seek=1024G",
    );
    const get = (path: string) => Array.fromAsync(container.getFile(path));
    assert.match((await refusal(get("/root"), "path_is_directory")).detail, /tar/);
    await refusal(get("/root/fifo"), "path_not_file");
    await refusal(get("/dev/zero"), "path_in_memory");
    await refusal(get("/root/none"), "path_not_found");
    await refusal(get("/etc/passwd/x"), "path_not_directory");
    assert.equal((await refusal(get("/root/sparse"), "file_too_large")).status, 413);
    const put = (path: string) => container.putFile(path, Buffer.from("x"));
    await refusal(put("/root"), "path_is_directory");
    await refusal(put("/root/new/"), "path_is_directory");
    await refusal(put("/"), "path_is_directory");
    await refusal(put("/none/f"), "path_not_found");
    await refusal(put("/etc/passwd/x"), "path_not_directory");
    await refusal(put("/proc/x"), "path_in_memory");
    assert.equal(await sh(container.id, "ls -d /root"), "/root");
  });

  test("whose size is not said, is another one, or is over the limit is refused", async () => {
    await using container = await running();
    async function* three() {
      yield Buffer.from("abc");
    }
    assert.equal((await refusal(container.putFile("/root/f", three()), "length_required")).status, 411);
    await container.putFile("/root/f", three(), { sizeBytes: 3 });
    assert.equal(await read(container.id, "/root/f"), "abc");
    await refusal(container.putFile("/root/f", three(), { sizeBytes: 2 }), "body_size_wrong");
    await refusal(container.putFile("/root/f", three(), { sizeBytes: 4 }), "body_size_wrong");
    await refusal(container.putFile("/root/f", three(), { sizeBytes: 2 ** 40 }), "file_too_large");
    const bad = await ask(world.url, "PUT", address(container.id, "/root/f", "&mode=rwx"), {
      key: user.apiKey,
      body: "x",
      headers: { "content-type": RAW },
    });
    assert.equal(bad.status, 400);
  });

  test("a tar never replaces a directory by a file, nor a file by a directory", async () => {
    await using container = await running();
    await sh(container.id, "mkdir -p /root/d; echo precious > /root/d/f");
    const error = await refusal(container.putFiles("/root", await tarOf({ d: "a file" })), "tar_entry_refused");
    assert.match(error.detail, /\/root\/d is a directory/);
    await refusal(container.putFiles("/root/d", await tarOf({ "f/": { type: "directory" } })), "tar_entry_refused");
    assert.equal(await sh(container.id, "cat /root/d/f"), "precious");
  });

  test("a reader that stalls holds up neither a stop nor, for long, anything else", async () => {
    await using container = await running();
    await sh(container.id, "truncate -s 1G /root/big || dd if=/dev/zero of=/root/big bs=1 count=1 seek=1G");
    const stalled = container.getFile("/root/big");
    await stalled.next();
    await container.stop({ graceSeconds: 0 }, WAIT);
    assert.equal((await container.refresh()).state, "exited");
    await assert.rejects(Array.fromAsync(stalled));
    await container.start(WAIT);
    const again = container.getFile("/root/big");
    await again.next();
    await eventually(
      "it is let go without anybody's asking",
      async () => (await sh(container.id, "echo free")) === "free",
    );
    await assert.rejects(Array.fromAsync(again));
  });

  async function engine(method: "POST", path: string) {
    const { engineRequest } = await import("@hafen/infra");
    const found = path.split("/")[2] ?? "";
    const { id } = (await world.engine.inspectContainer(found)) ?? assert.fail("it is not there");
    return engineRequest(world.env["DOCKER_HOST"] ?? "", method, path.replace(found, id), { timeoutMs: 30_000 });
  }
});
