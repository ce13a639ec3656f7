import assert from "node:assert/strict";
import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { pack } from "tar-stream";
import { startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const SIZE_BYTES = 2 * 1024 * MIB;
const HEADER_BYTES = 512;
/** What a process may grow by, however large the file. */
const ROOM_MIB = 150;

describe("a file of 2 GiB passes through api and worker in constant memory, in and out", () => {
  let world: World;
  let user: Awaited<ReturnType<World["user"]>>;
  before(async () => {
    world = await startWorld();
    user = await world.user();
    await user.volumes.create({ name: "large" });
  });
  after(() => world[Symbol.asyncDispose]());

  test("as its bytes, into a container", async (t) => {
    await using container = await user.containers.use(
      { image: "busybox", command: ["sleep", "1000"] },
      { waitSeconds: 60 },
    );
    await grows(t, async () => {
      const [sent, got] = [createHash("md5"), createHash("md5")];
      const options = { sizeBytes: SIZE_BYTES };
      assert.equal((await container.putFile("/root/big", content(sent), options)).contentBytes, SIZE_BYTES);
      for await (const chunk of container.getFile("/root/big")) got.update(chunk);
      assert.equal(got.digest("hex"), sent.digest("hex"));
    });
  });

  test("as a tar, into a volume", async (t) => {
    await grows(t, async () => {
      const [sent, got] = [createHash("md5"), createHash("md5")];
      assert.equal((await user.volumes.putFiles("large", "/", tarOf(sent))).contentBytes, SIZE_BYTES);
      let at = 0;
      for await (const chunk of user.volumes.getFiles("large", "/big")) {
        got.update(chunk.subarray(Math.max(0, HEADER_BYTES - at), Math.max(0, HEADER_BYTES + SIZE_BYTES - at)));
        at += chunk.length;
      }
      assert.equal(got.digest("hex"), sent.digest("hex"));
    });
  });

  async function grows(t: { diagnostic(text: string): void }, work: () => Promise<void>): Promise<void> {
    const processes = [world.api, world.worker];
    const held = processes.map(({ pid }) => peakBytes(pid(), true));
    await work();
    const grown = processes.map(({ pid }, i) => Math.round((peakBytes(pid(), false) - (held[i] ?? 0)) / MIB));
    t.diagnostic(`api and worker grew by ${grown.join(" and ")} MiB`);
    assert.ok(
      grown.every((mib) => mib < ROOM_MIB),
      `api and worker grew by ${grown.join(" and ")} MiB`,
    );
  }
});

/** The most memory a process held since `reset`. */
function peakBytes(pid: number, reset: boolean): number {
  if (reset) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

/** Made as it is read; each MiB is another one. */
async function* content(sent: Hash): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < SIZE_BYTES / MIB; i++) {
    const piece = Buffer.alloc(MIB);
    piece.writeUInt32LE(i);
    sent.update(piece);
    yield piece;
  }
}

async function* tarOf(sent: Hash): AsyncGenerator<Uint8Array> {
  const header = pack();
  header.entry({ name: "big", size: SIZE_BYTES });
  await once(header, "readable");
  yield (header.read() as Buffer).subarray(0, HEADER_BYTES);
  yield* content(sent);
  yield Buffer.alloc(2 * HEADER_BYTES);
}
