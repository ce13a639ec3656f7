import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { after, before } from "node:test";
import { gzipSync } from "node:zlib";
import { HafenError, type ContainerHandle, type Hafen } from "@hafen/sdk";
import { ask } from "../api/ask.ts";
import { filesOf, tarOf } from "../api/tar.ts";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 60 };
const canary = `/etc/hafen-canary-${randomBytes(6).toString("hex")}`;
const secret = randomBytes(16).toString("hex");
let world: World;
let user: Hafen & { apiKey: string };
let other: Hafen & { apiKey: string };
let container: ContainerHandle;
before(async () => {
  world = await startWorld({ env: { HAFEN_FILES_BYTES: String(32 * MIB) } });
  [user, other] = [await world.user("attacker"), await world.user("victim")];
  writeFileSync(canary, secret);
  container = await user.containers.use(
    {
      image: "busybox",
      command: ["sleep", "100000"],
      mounts: [{ type: "volume", source: "mine", target: "/v" }],
    },
    WAIT,
  );
  await sh(
    `mkdir -p /root; ln -s / /v/root; ln -s ../../../../.. /v/up; ln -s / /root/all; mkfifo /pipe; dd if=/dev/null of=/sparse bs=1M seek=1048576`,
  );
});
after(async () => {
  rmSync(canary);
  await container[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const sh = async (script: string) => (await container.exec({ command: ["sh", "-c", script] })).stdout.trim();
/** What a reader is given, or the code it is refused with. */
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    (found) =>
      Buffer.isBuffer(found) ? `${found.length} bytes${found.includes(secret) ? " OF THE HOST" : ""}` : "done",
    (error: unknown) => {
      if (error instanceof HafenError) return error.code;
      throw error;
    },
  );
/** The first MiB at most: some of them have no end. */
async function start(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MIB) break;
  }
  return Buffer.concat(chunks);
}

abuse("I1", "paths of files that climb, hold NUL, go through /proc, or through links to the root", async () => {
  const said = new Set<string>();
  const inContainer = [
    `/..${canary}`,
    `/../../../..${canary}`,
    `/v/root${canary}`,
    `/v/up${canary}`,
    `/root/all${canary}`,
    `/proc/self/root${canary}`,
    `/proc/1/root${canary}`,
    `/proc/1/cwd${canary}`,
    `${canary}\0.txt`,
    canary.slice(1),
  ];
  for (const path of inContainer) {
    said.add(await outcome(buffer(container.getFile(path))));
    said.add(await outcome(buffer(container.getFiles(path))));
    said.add(await outcome(container.putFile(path, Buffer.from("owned"))));
  }
  for (const path of [`/root${canary}`, `/up${canary}`, `/../..${canary}`]) {
    said.add(await outcome(buffer(user.volumes.getFile("mine", path))));
    said.add(await outcome(user.volumes.putFile("mine", path, Buffer.from("owned"))));
  }
  assert.ok(![...said].some((each) => each.includes("HOST") || each === "internal"), [...said].join(", "));
  assert.equal(readFileSync(canary, "utf8"), secret, "the host's file is as it was");
  return `${inContainer.length + 3} paths read and written: ${[...said].join(", ")}; the host's file is neither`;
});

abuse("I2", "tars with devices, set-uid files and bombs; downloads of what has no end", async () => {
  const put = async (entries: Parameters<typeof tarOf>[0]) => outcome(container.putFiles("/tmp", await tarOf(entries)));
  const refused = {
    "a device": await put({ d: { type: "block-device", devmajor: 254, devminor: 0 } }),
    "a FIFO": await put({ p: { type: "fifo" } }),
    "a climbing entry": await put({ "../../../etc/evil": "x" }),
    "a child of a link": await put({ l: { type: "symlink", linkname: "/" }, "l/evil": "x" }),
  };
  for (const [what, code] of Object.entries(refused)) assert.equal(code, "tar_entry_refused", what);
  const setUid = await put({ suid: { body: "x", mode: 0o6755, uid: 0 } });
  assert.equal(setUid, "done");
  assert.equal(await sh("stat -c %a /tmp/suid"), "755");
  const bomb = await outcome(container.putFiles("/tmp", gzipSync(await tarOf({ zeros: Buffer.alloc(64 * MIB) }))));
  assert.equal(bomb, "tar_too_large");
  assert.ok(Number(await sh("du -sk /tmp | cut -f1")) < 33 * 1024);
  const endless = ["/dev/zero", "/pipe", "/proc/kcore", "/proc/kmsg", "/dev/tty"];
  const read: string[] = [];
  for (const path of endless) read.push(`${path}: ${await outcome(start(container.getFile(path)))}`);
  assert.ok(
    read.every((each) => !each.endsWith("bytes")),
    read.join(", "),
  );
  const sparse = await outcome(buffer(container.getFile("/sparse")));
  const packed = await outcome(buffer(container.getFiles("/sparse")));
  for (const code of [sparse, packed]) assert.doesNotMatch(code, /bytes|done|internal/);
  return `${[...new Set(Object.values(refused))].join()} of ${Object.keys(refused).length}, the set-uid bit goes, a bomb: ${bomb}; ${read.join(", ")}; of 1 TiB of holes: ${sparse}, ${packed}`;
});

abuse("I3", "a file system image for a volume's content", async () => {
  const image = Buffer.alloc(MIB);
  image.writeUInt16LE(0xef53, 0x438); // ext4's magic number
  const asTar = await ask(world.url, "PUT", "/v1/volumes/mine/files?path=/", {
    key: user.apiKey,
    body: image as BodyInit,
    headers: { "content-type": "application/x-tar" },
  });
  // Zeros are the end of a tar.
  assert.ok(asTar.status === 400 || asTar.body["entries"] === 0, asTar.text);
  await user.volumes.putFile("mine", "/image.ext4", image);
  assert.equal(
    await sh("stat -c '%F %s' /v/image.ext4; mount -o loop /v/image.ext4 /mnt 2>/dev/null && echo mounted"),
    `regular file ${MIB}`,
  );
  return `as a tar: ${asTar.status === 400 ? "refused" : "nothing"}; as a file it is a file, which nothing mounts`;
});

abuse(
  "I6",
  "volumes deleted while they are mounted, mounted while they are deleted, cloned while they are written",
  async () => {
    assert.equal(await outcome(user.volumes.remove("mine", WAIT)), "volume_in_use");
    const ends: string[] = [];
    for (let round = 0; round < 5; round++) {
      const name = `racing${round}`;
      await user.volumes.create({ name });
      const [made, removed] = await Promise.allSettled([
        user.containers.create(
          {
            image: "busybox",
            command: ["true"],
            mounts: [{ type: "volume", source: name, target: "/v" }],
            start: false,
          },
          WAIT,
        ),
        user.volumes.remove(name, WAIT),
      ]);
      if (made.status === "fulfilled") {
        // Made before the removal it holds the volume; after it, it has one of its own, empty.
        assert.ok((await user.volumes.list()).items.some((volume) => volume.name === name));
        await user.containers.remove(made.value.id, WAIT);
      }
      ends.push(
        `${made.status === "fulfilled" ? "mounted" : "refused"}/${removed.status === "fulfilled" ? "deleted" : "kept"}`,
      );
    }
    await sh("head -c 50000000 /dev/urandom > /v/busy; (while :; do date >> /v/busy; done) > /dev/null 2>&1 &");
    const clone = await user.volumes.clone("mine", { name: "copy" }, WAIT).then(
      ({ state }) => state,
      (error: HafenError) => error.code,
    );
    assert.match(clone, /^(ready|failed|copying|volume_\w+|disk_full|file_too_large|tar_too_large)$/);
    assert.equal(await outcome(other.volumes.remove("mine", WAIT)), "volume_not_found");
    return `in use: refused; 5 races: ${[...new Set(ends)].join(", ")}; a clone under writes: ${clone}`;
  },
);

abuse("I7", "what a freed volume, container and user name held, sought by who comes next", async () => {
  const mark = `canary-${randomBytes(12).toString("hex")}`;
  const mounts = [{ type: "volume" as const, source: "reused", target: "/v" }];
  const theirs = await other.containers.create(
    {
      image: "busybox",
      command: ["sh", "-c", `for i in $(seq 200); do echo ${mark} > /v/$i; echo ${mark} > /tmp/$i; done; sync`],
      mounts,
    },
    WAIT,
  );
  await other.containers.wait(theirs.id);
  await other.containers.remove(theirs.id, WAIT);
  await other.volumes.remove("reused", WAIT);
  await eventually("the engine has none of it", async () =>
    (await other.volumes.list()).items.every(({ name }) => name !== "reused"),
  );
  await using next = await user.containers.use({ image: "busybox", command: ["sleep", "1000"], mounts }, WAIT);
  const { stdout } = await next.exec({
    command: ["sh", "-c", `grep -rl canary- /v /tmp /dev/shm 2>/dev/null; ls -A /v /tmp | wc -w`],
  });
  assert.equal(stdout.trim().split("\n").at(-1), "2", stdout);
  assert.deepEqual((await filesOf(await buffer(user.volumes.getFiles("reused", "/")))).size <= 1, true);
  return "a volume of the same name and a new container on the same host are empty";
});
