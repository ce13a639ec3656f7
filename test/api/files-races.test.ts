import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { HafenError } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { tarOf } from "./tar.ts";

const ROUNDS = 20;
const WAIT = { waitSeconds: 60 };

/** A directory that is a link to the root half of the time, without a moment in which it is neither for long. */
const SWAPPER = "mkdir -p /swap/d/etc; cd /swap; ln -s / l; while :; do mv d e; mv l d; mv d l; mv e d; done";

describe("a directory that is swapped for a link to / all the time", () => {
  let world: World;
  let user: Awaited<ReturnType<World["user"]>>;
  const id = randomBytes(6).toString("hex");
  const canary = `/etc/hafen-canary-${id}`;
  before(async () => {
    world = await startWorld();
    user = await world.user();
    writeFileSync(canary, "the host's");
  });
  after(async () => {
    rmSync(canary);
    await world[Symbol.asyncDispose]();
  });

  interface Files {
    getFiles(path: string): AsyncIterable<Uint8Array>;
    getFile(path: string): AsyncIterable<Uint8Array>;
    putFiles(path: string, tar: Uint8Array): Promise<unknown>;
    putFile(path: string, content: Uint8Array): Promise<unknown>;
  }

  async function race(files: Files, root: string, t: { diagnostic(text: string): void }): Promise<void> {
    const codes = new Map<string, number>();
    const tar = await tarOf({ [`put-${id}`]: "from a tar" });
    let whole = 0;
    const attempt = async (work: () => Promise<unknown>) => {
      try {
        const found = await work();
        whole += 1;
        assert.ok(!(found instanceof Buffer && found.includes("the host's")), "the host's file was read");
      } catch (error) {
        if (!(error instanceof HafenError)) throw error;
        codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      }
    };
    for (let round = 0; round < ROUNDS; round++) {
      await attempt(() => files.putFiles(`${root}/d/etc`, tar));
      await attempt(() => files.putFile(`${root}/d/etc/raw-${id}`, Buffer.from("one file")));
      await attempt(() => buffer(files.getFile(`${root}/d${canary}`)));
      await attempt(() => buffer(files.getFiles(`${root}/d${canary}`)));
      await attempt(() => buffer(files.getFiles(root || "/")));
      await attempt(() => buffer(files.getFiles(`${root}/d/etc`)));
    }
    t.diagnostic(`${whole} of ${6 * ROUNDS} went through; the rest: ${JSON.stringify([...codes])}`);
    assert.ok(whole > 0);
    assert.ok(!codes.has("internal"), JSON.stringify([...codes]));
    for (const name of [`put-${id}`, `raw-${id}`]) {
      assert.ok(!existsSync(`/etc/${name}`), `${name} is on the host`);
      assert.ok(!existsSync(`/${name}`), `${name} is on the host`);
    }
    assert.equal(readFileSync(canary, "utf8"), "the host's");
  }

  async function swapping(more: object) {
    const container = await user.containers.use({ image: "busybox", command: ["sh", "-c", SWAPPER], ...more }, WAIT);
    const there = { command: ["sh", "-c", "test -e /swap/l"] };
    await eventually("it swaps", async () => (await container.exec(there)).exitCode !== null);
    return container;
  }

  test("stays inside the container, for tars and for single files", async (t) => {
    await using container = await swapping({});
    await race(container, "/swap", t);
  });

  test("stays inside a volume", async (t) => {
    await using container = await swapping({ mounts: [{ type: "volume", source: "swapped", target: "/swap" }] });
    const { volumes } = user;
    const files: Files = {
      getFiles: (path) => volumes.getFiles("swapped", path),
      getFile: (path) => volumes.getFile("swapped", path),
      putFiles: (path, tar) => volumes.putFiles("swapped", path, tar),
      putFile: (path, content) => volumes.putFile("swapped", path, content),
    };
    await race(files, "", t);
    assert.equal((await container.refresh()).state, "running");
  });
});
