import assert from "node:assert/strict";
import { createHash, randomBytes, type Hash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { HafenError, type Hafen } from "@hafen/sdk";
import { extract, pack, type Header } from "tar-stream";
import { eventually, startWorld, type World } from "../support/index.ts";
import { ask, refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
const HEADER_BYTES = 512;
type Found = Record<string, Header & { body: string }>;

async function unpack(tar: AsyncIterable<Uint8Array>): Promise<Found> {
  const reader = extract();
  reader.end(await buffer(tar));
  const found: Found = {};
  for await (const entry of reader)
    found[entry.header.name] = { ...entry.header, body: (await buffer(entry)).toString() };
  return found;
}

describe("files of a container", () => {
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

  test("go in and come out of a running one, links and modes and owners with them", async () => {
    await using container = await running();
    const written = await container.putFiles(
      "/root",
      await tarOf({
        "d/": { type: "directory", mode: 0o750 },
        "d/f": { body: "content", mode: 0o640, uid: 1000, gid: 50 },
        "d/hard": { type: "link", linkname: "d/f", mode: 0o640, uid: 1000, gid: 50 },
        "d/soft": { type: "symlink", linkname: "/etc/passwd" },
      }),
    );
    assert.deepEqual(written, { entries: 4, contentBytes: 7 });
    assert.equal(
      await sh(container.id, "cat /root/d/f; stat -c ' %a %u %g %h' /root/d/f; readlink /root/d/soft"),
      "content 640 1000 50 2\n/etc/passwd",
    );
    const found = await unpack(container.getFiles("/root/d"));
    assert.deepEqual(Object.keys(found).toSorted(), ["d/", "d/f", "d/hard", "d/soft"]);
    const file = found["d/f"];
    assert.deepEqual([file?.body, (file?.mode ?? 0) & 0o7777, file?.uid, file?.gid], ["content", 0o640, 1000, 50]);
    assert.equal(found["d/soft"]?.linkname, "/etc/passwd");
  });

  test("go in before the first start and come out after the end", async () => {
    const made = await user.containers.create(
      { image: "busybox", command: ["sh", "-c", "cp /in /out"], start: false },
      WAIT,
    );
    await user.containers.putFiles(made.id, "/", gzipSync(await tarOf({ in: "from outside" })));
    await user.containers.start(made.id, WAIT);
    await user.containers.wait(made.id);
    const found = await unpack(user.containers.getFiles(made.id, "/out"));
    assert.equal(found["out"]?.body, "from outside");
    await user.containers.putFiles(made.id, "/", await tarOf({ in: "again" }));
    assert.equal((await unpack(user.containers.getFiles(made.name, "/in")))["in"]?.body, "again");
  });

  test("of 256 MiB pass through api and worker in constant memory", async (t) => {
    await using container = await running();
    const sent = createHash("sha256");
    const [processes, sizeBytes] = [[world.api, world.worker], 256 * MIB];
    const held = processes.map(({ pid }) => peakBytes(pid(), true));
    assert.equal((await container.putFiles("/root", bigTar(sizeBytes, sent))).contentBytes, sizeBytes);
    const got = createHash("sha256");
    let at = 0;
    for await (const chunk of container.getFiles("/root/big")) {
      got.update(chunk.subarray(Math.max(0, HEADER_BYTES - at), Math.max(0, HEADER_BYTES + sizeBytes - at)));
      at += chunk.length;
    }
    assert.equal(got.digest("hex"), sent.digest("hex"));
    const grown = processes.map(({ pid }, i) => Math.round((peakBytes(pid(), false) - (held[i] ?? 0)) / MIB));
    t.diagnostic(`api and worker grew by ${grown.join(" and ")} MiB`);
    assert.ok(
      grown.every((mib) => mib < 120),
      `api and worker grew by ${grown.join(" and ")} MiB`,
    );
  });

  test("lose set-uid and set-gid bits on their way in", async () => {
    await using container = await running();
    await container.putFiles(
      "/root",
      await tarOf({ su: { mode: 0o4755, uid: 0 }, sg: { mode: 0o2755 }, sticky: { type: "directory", mode: 0o1777 } }),
    );
    assert.equal(await sh(container.id, "cd /root; stat -c '%a' su sg sticky"), "755\n755\n1777");
  });

  const REFUSED: Record<string, [string, Partial<Header>]> = {
    "a device": ["node", { type: "character-device", devmajor: 1, devminor: 3 }],
    "a FIFO": ["fifo", { type: "fifo" }],
    "a climbing name": ["a/../../escape", {}],
    "an absolute name": ["/escape", {}],
    "a hard link out of the tar": ["link", { type: "link", linkname: "../../etc/shadow" }],
    "a hard link to what is in the container": ["link", { type: "link", linkname: "etc/passwd" }],
    "a link that climbs": ["link", { type: "symlink", linkname: "../../../escape" }],
  };
  for (const [title, [name, header]] of Object.entries(REFUSED)) {
    test(`${title} is refused by its name, and nothing of it is there`, async () => {
      await using container = await running();
      const tar = await tarOf({ before: "x", [name]: { ...header, body: header.type === undefined ? "x" : "" } });
      const error = await refusal(container.putFiles("/root", tar), "tar_entry_refused");
      assert.equal(error.status, 400);
      assert.equal(await sh(container.id, "find / -xdev -name escape -o -xdev -path '/root/*' ! -name before"), "");
    });
  }

  test("below a link of the same tar are refused: nothing is written through it", async () => {
    await using container = await running();
    const tar = await tarOf({ d: { type: "symlink", linkname: "/etc" }, "d/passwd": "x" });
    await refusal(container.putFiles("/root", tar), "tar_entry_refused");
    assert.notEqual(await sh(container.id, "cat /etc/passwd"), "x");
  });

  test("a body that is no tar, or is not whole, is refused", async () => {
    await using container = await running();
    await refusal(container.putFiles("/root", Buffer.alloc(2000, "text")), "tar_invalid");
    await refusal(container.putFiles("/root", (await tarOf({ a: "b".repeat(5000) })).subarray(0, 2000)), "tar_invalid");
    const path = `/v1/containers/${container.id}/files?path=/root`;
    assert.equal((await ask(world.url, "PUT", path, { key: user.apiKey, json: {} })).status, 415);
  });

  test("a path that is absent, no directory, in memory or malformed says so", async () => {
    await using container = await running({ mounts: [{ type: "tmpfs", target: "/mem" }] });
    const tar = await tarOf({ x: "y" });
    const get = (path: string) => Array.fromAsync(container.getFiles(path));
    assert.equal((await refusal(get("/absent"), "path_not_found")).status, 404);
    await refusal(container.putFiles("/absent", tar), "path_not_found");
    assert.equal((await refusal(container.putFiles("/etc/passwd", tar), "path_not_directory")).status, 400);
    await refusal(get("/etc/passwd/x"), "path_not_directory");
    for (const path of ["/mem", "/proc/self", "/dev//shm"]) {
      await refusal(get(path), "path_in_memory");
      await refusal(container.putFiles(path, tar), "path_in_memory");
    }
    for (const path of ["relative", "/a/../b", "/..", "/a/./b", "/nul\0", "", `/${"x".repeat(5000)}`]) {
      await refusal(get(path), "invalid_request");
      await refusal(container.putFiles(path, tar), "invalid_request");
    }
  });

  test("a path or an entry that a link or the tar leads into memory is refused; what is mounted deepest counts", async () => {
    const mounts = [
      { type: "tmpfs" as const, target: "/run" },
      { type: "volume" as const, target: "/run/kept" },
      { type: "tmpfs" as const, target: "/run/kept/cache" },
    ];
    await using container = await running({ mounts });
    await sh(
      container.id,
      "mkdir -p /var /links; rm -rf /var/run; ln -s ../run /var/run; ln -s /var/run/file /links/f",
    );
    const tar = await tarOf({ x: "y" });
    const get = (path: string) => Array.fromAsync(container.getFiles(path));
    for (const path of ["/var/run", "/var/run/d", "/run/kept/cache"])
      await refusal(container.putFiles(path, tar), "path_in_memory");
    for (const path of ["/var/run/d", "/run/kept/cache/x"]) {
      await refusal(get(path), "path_in_memory");
      await refusal(container.putFile(path, Buffer.from("y")), "path_in_memory");
    }
    await refusal(container.putFile("/links/f", Buffer.from("y")), "path_in_memory");
    for (const name of ["run/app.conf", "dev/x"])
      await refusal(container.putFiles("/", await tarOf({ [name]: "y" })), "path_in_memory");
    // A link at the end comes as a link; what holds nothing, as in an exported root, does no harm.
    await get("/var/run");
    await container.putFiles("/", await tarOf({ "dev/pts/": { type: "directory" }, "dev/console": "", "etc/x": "y" }));
    await container.putFiles("/var/run/kept", tar);
    assert.equal(await sh(container.id, "cat /etc/x /run/kept/x"), "yy");
  });

  test("a read-only root is refused, a volume in it is not", async () => {
    await using container = await running({ profile: "restricted", mounts: [{ type: "volume", target: "/data" }] });
    const tar = await tarOf({ x: "y" });
    const error = await refusal(container.putFiles("/root", tar), "path_read_only");
    assert.match(error.detail, /read-only/);
    await container.putFiles("/data", tar);
    assert.equal(await sh(container.id, "cat /data/x"), "y");
  });

  test("another user's container is not there, and a key without the scope cannot write", async () => {
    await using container = await running();
    const other = await world.user();
    const tar = await tarOf({ x: "y" });
    await refusal(Array.fromAsync(other.containers.getFiles(container.id, "/etc")), "container_not_found");
    await refusal(other.containers.putFiles(container.id, "/etc", tar), "container_not_found");
    const { apiKey } = await user.keys.create({ name: "reader", scopes: ["read"] });
    const path = `/v1/containers/${container.id}/files?path=/etc`;
    const put = await ask(world.url, "PUT", path, {
      key: apiKey,
      body: new Uint8Array(tar),
      headers: { "content-type": "application/x-tar" },
    });
    assert.equal(put.status, 403);
    assert.equal((await ask(world.url, "GET", path, { key: apiKey })).status, 200);
    assert.equal((await ask(world.url, "GET", path)).status, 401);
  });

  test("a removed container is not found", async () => {
    const container = await running();
    await container.remove({ force: true, waitSeconds: 60 });
    await refusal(Array.fromAsync(container.getFiles("/etc")), "container_not_found");
    await refusal(container.putFiles("/etc", await tarOf({ x: "y" })), "container_not_found");
  });

  test("a reader that leaves ends the read everywhere", async () => {
    await using container = await running();
    await sh(container.id, "truncate -s 100G /root/huge || dd if=/dev/zero of=/root/huge bs=1 count=1 seek=100G");
    const open = () => readdirSync(`/proc/${world.worker.pid()}/fd`).length;
    const opened = open();
    for await (const chunk of container.getFiles("/root/huge")) {
      assert.ok(chunk.length > 0);
      break;
    }
    await eventually("the worker has let go of the engine's stream", () => open() <= opened);
  });

  test("a path that is swapped for a link to /etc all the time stays inside the container", async (t) => {
    const id = randomBytes(6).toString("hex");
    const canary = `/etc/hafen-canary-${id}`;
    writeFileSync(canary, "the host's");
    try {
      await using container = await running({
        command: ["sh", "-c", "mkdir /swap; cd /swap; while :; do ln -s /etc l; rm -rf l; mkdir l; rm -rf l; done"],
      });
      const codes = new Set<string>();
      let written = 0;
      const note = (error: unknown) => {
        if (!(error instanceof HafenError)) throw error;
        codes.add(error.code);
      };
      for (let i = 0; i < 60; i++) {
        if (await container.putFiles("/swap/l", await tarOf({ [`put-${id}`]: "from a tar" })).catch(note)) written++;
        const got = await buffer(container.getFiles(`/swap/l/hafen-canary-${id}`)).catch(note);
        assert.ok(!got?.includes("the host's"));
        const listed = await buffer(container.getFiles("/swap")).catch(note);
        assert.ok(!listed?.includes("the host's"));
      }
      t.diagnostic(`${written} of 60 tars were unpacked; the rest: ${[...codes].join(", ")}`);
      assert.ok(written > 0);
      assert.ok(!existsSync(`/etc/put-${id}`), "a file of the tar is on the host");
      assert.ok(!codes.has("internal"), [...codes].join());
      assert.equal(readFileSync(canary, "utf8"), "the host's");
    } finally {
      rmSync(canary);
    }
  });
});

test("a download and an upload over the limit break off", async () => {
  await using world = await startWorld({ env: { HAFEN_FILES_BYTES: String(4 * MIB) } });
  const user = await world.user();
  await using container = await user.containers.use({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
  await container.exec({
    command: ["sh", "-c", "truncate -s 1G /root/huge || dd if=/dev/zero of=/root/huge bs=1 count=1 seek=1G"],
  });
  let gotBytes = 0;
  const reading = (async () => {
    for await (const chunk of container.getFiles("/root/huge")) gotBytes += chunk.length;
  })();
  await refusal(reading, "network");
  assert.ok(gotBytes <= 4 * MIB, `${gotBytes} bytes`);
  const error = await refusal(
    container.putFiles("/root", gzipSync(await tarOf({ big: Buffer.alloc(5 * MIB) }))),
    "tar_too_large",
  );
  assert.equal(error.status, 413);
});

/** The most memory a process held since `reset`. */
function peakBytes(pid: number, reset: boolean): number {
  if (reset) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

/** A tar with one file, made as it is read. */
async function* bigTar(sizeBytes: number, sent: Hash): AsyncGenerator<Uint8Array> {
  const header = pack();
  header.entry({ name: "big", size: sizeBytes });
  await once(header, "readable");
  yield (header.read() as Buffer).subarray(0, HEADER_BYTES);
  const piece = randomBytes(MIB);
  for (let i = 0; i < sizeBytes / MIB; i++) {
    piece.writeUInt32LE(i);
    sent.update(piece);
    yield Buffer.from(piece);
  }
  yield Buffer.alloc(1024);
}
