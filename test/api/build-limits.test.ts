import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { createHash } from "node:crypto";
import { BUILD_LIMITS } from "@hafen/core";
import type { HafenError } from "@hafen/sdk";
import { eventually, requireEnv, startWorld, type World } from "../support/index.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 150 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const build = (run: string) => user.builds.createFromFiles({ dockerfile: `FROM busybox\nRUN ${run}\n` }, WAIT);

describe("a build of untrusted code", () => {
  test("that allocates without bound fails for memory inside its limit", async () => {
    const { state, failure } = await build("tail /dev/zero");
    assert.equal(state, "failed");
    assert.equal(failure?.code, "out_of_memory", JSON.stringify(failure));
  });

  test("that forks without bound stays inside its limit of processes, and others go on meanwhile", async () => {
    const other = await world.user();
    const forks = user.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN f() { f | f & f; }; f\n" }, {});
    const { id } = await forks;
    await eventually("it runs", async () => (await user.builds.get(id)).state !== "queued");
    const beside = await other.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo beside\n" }, WAIT);
    assert.equal(beside.state, "succeeded");
    // It may come to its own end at any moment, for want of processes.
    await user.builds.cancel(id, WAIT).catch((error: HafenError) => assert.equal(error.code, "build_wrong_state"));
    const ended = await user.builds.get(id);
    assert.ok(ended.state === "cancelled" || ended.state === "failed", ended.state);
  });

  test("cannot have more processes at once than the limit", async () => {
    const more = BUILD_LIMITS.pids + 200;
    const { state, failure, id } = await build(
      `i=0; while [ $i -lt ${more} ]; do sleep 60 & i=$((i+1)); done; echo all`,
    );
    assert.equal(state, "failed", "not all of them could be started");
    assert.equal(failure?.code, "run_failed");
    assert.ok((await Array.fromAsync(user.builds.logs(id))).every(({ text }) => text !== "all"));
  });

  test("has neither the host's file system, nor its devices, nor more than its capabilities", async () => {
    const { state, failure, id } = await build(
      "ls /dev; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/uid_map; ! mount -t tmpfs none /mnt; ! mknod /x b 8 0",
    );
    assert.equal(state, "succeeded", JSON.stringify(failure));
    const text = (await Array.fromAsync(user.builds.logs(id))).map((line) => line.text).join("\n");
    assert.doesNotMatch(text, /\b(sda|vda|nvme|kvm|mem|kmsg)\b/);
    assert.match(text, /Seccomp:\s+2/);
    assert.doesNotMatch(text, /^\s*0\s+0\s+4294967295$/m, "root is not the host's root");
  });
});

describe("what a build's user made up", () => {
  test("as labels of ours makes no container of anybody's", async () => {
    const victim = await world.admin.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
    const hostId = await world.hostId();
    const dockerfile = `FROM busybox\nLABEL hafen.id=${victim.id} hafen.host=${hostId}\nRUN sleep 3; exit 9\n`;
    const { state } = await user.builds.createFromFiles({ dockerfile }, WAIT);
    assert.equal(state, "failed");
    const { state: now } = await world.admin.containers.get(victim.id);
    assert.equal(now, "running");
    await world.admin.containers.remove(victim.id, { force: true });
  });

  test("as a .dockerignore that is too long is said so", async () => {
    const tar = await tarOf({ Dockerfile: "FROM busybox\n", ".dockerignore": "x\n".repeat(600_000) });
    const made = await user.builds
      .create(tar, WAIT)
      .catch((error: unknown) => error as { code: string; detail: string });
    const failure = "failure" in made ? made.failure : made;
    assert.match(failure?.detail ?? "", /dockerignore/, JSON.stringify(made));
  });

  test("as an archive whose configuration holds what no database text can is refused or kept, and never tried for ever", async () => {
    const layer = await readFile(requireEnv("HAFEN_TEST_BUSYBOX_TAR"));
    const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
    const config = JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Env: ["A=\0", "B=\ud800"], Cmd: ["sh"], Labels: { "a\0": "b\0" } },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha(layer)}`] },
      history: [{ created: "2026-01-01T00:00:00Z", created_by: "x\0y", comment: "c\0" }],
    });
    const archive = await tarOf({
      "manifest.json": JSON.stringify([
        { Config: `${sha(config)}.json`, RepoTags: null, Layers: [`${sha(layer)}/layer.tar`] },
      ]),
      [`${sha(config)}.json`]: config,
      [`${sha(layer)}/layer.tar`]: layer,
    });
    const made = await user.images.import(archive, { tag: "hostile", ...WAIT });
    assert.ok(made.state === "succeeded" || made.failure?.code === "archive_invalid", JSON.stringify(made));
    assert.equal(made.attempt, 1);
  });
});
