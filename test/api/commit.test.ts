import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Build, CommitContainer } from "@hafen/sdk";
import { assertConverges, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

async function commit(ref: string, body: CommitContainer = {}): Promise<Build> {
  const build = await user.containers.commit(ref, body, WAIT);
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  return build;
}
async function output(image: string, command?: string[]): Promise<string> {
  const { id } = await user.containers.create({ image, ...(command ? { command } : {}) });
  await user.containers.wait(id);
  return (await Array.fromAsync(user.containers.logs(id))).map(({ text }) => text).join("\n");
}

describe("a commit", () => {
  test("of a running container and of an ended one is an image of the user's with its files", async () => {
    const { id } = await user.containers.create(
      { image: "busybox", name: "worker", command: ["sh", "-c", "echo made > /made; exec sleep 1000"] },
      WAIT,
    );
    await user.containers.exec(id, { command: ["sh", "-c", "until test -f /made; do :; done; rm /bin/wget"] });
    for (const [tag, stop] of [
      ["of-running", false],
      ["of-ended", true],
    ] as const) {
      if (stop) await user.containers.stop(id, { graceSeconds: 0 }, WAIT);
      const build = await commit("worker", { tag });
      assert.deepEqual([build.kind, build.containerId, build.tag], ["commit", id, `${tag}:latest`]);
      assert.equal(build.contextDigest, null);
      assert.equal(await output(tag, ["cat", "/made"]), "made");
      assert.equal(
        await output(tag, ["sh", "-c", "ls /bin/wget 2>&1 || echo gone"]),
        "ls: /bin/wget: No such file or directory\ngone",
      );
      assert.equal((await user.containers.get(id)).state, stop ? "exited" : "running");
    }
    const [below, made] = [await user.images.get("busybox"), await user.images.get("of-running")];
    assert.deepEqual(made.layers.slice(0, -1), below.layers, "it shares its base's layers");
    const row = await world.database.sql<
      { layer_bytes: number[] }[]
    >`select layer_bytes from images where id = ${made.id}`;
    assert.equal(row[0]?.layer_bytes.length, made.layers.length);
    assert.equal(
      row[0]?.layer_bytes.reduce((sum, bytes) => sum + bytes, 0),
      made.sizeBytes,
    );
  });

  test("has the container's configuration with the changes, and nothing that Hafen added", async () => {
    const build = await user.builds.createFromFiles(
      {
        dockerfile:
          "FROM busybox\nENV A=image B=image\nLABEL own=1\nEXPOSE 80\nHEALTHCHECK --interval=7s CMD true\nSTOPSIGNAL SIGINT\n",
      },
      { tag: "configured", ...WAIT },
    );
    assert.equal(build.state, "succeeded");
    const { id } = await user.containers.create(
      { image: "configured", command: ["true"], env: { B: "container" }, workingDir: "/tmp", labels: { mine: "x" } },
      WAIT,
    );
    const plain = await user.images.get((await commit(id)).imageId ?? "");
    assert.deepEqual(plain.config.labels, { own: "1" });
    assert.ok(!JSON.stringify(plain).includes("hafen."), JSON.stringify(plain.config));
    assert.deepEqual(plain.config.env.filter((line) => !line.startsWith("PATH=")).toSorted(), [
      "A=image",
      "B=container",
    ]);
    assert.deepEqual([plain.config.command, plain.config.workingDir], [["true"], "/tmp"]);
    assert.deepEqual([plain.config.exposedPorts, plain.config.stopSignal], [["80/tcp"], "SIGINT"]);
    assert.deepEqual(plain.config.healthcheck, { test: ["CMD-SHELL", "true"], intervalSeconds: 7 });
    assert.ok(!JSON.stringify(await world.engine.inspectImage(plain.digest)).includes("hafen.id"));

    const changes = [
      'CMD ["echo", "changed"]',
      "ENV C=change",
      "LABEL added=2",
      "USER nobody",
      "VOLUME /data",
      "WORKDIR /etc",
      "STOPSIGNAL SIGUSR1",
      "HEALTHCHECK NONE",
      "ONBUILD RUN true",
      "EXPOSE 443/tcp",
    ];
    const { imageId } = await commit(id, { tag: "changed", changes, message: "why", author: "me" });
    const { config } = await user.images.get(imageId ?? "");
    assert.deepEqual(
      [config.command, config.user, config.volumes, config.workingDir, config.stopSignal, config.onBuild],
      [["echo", "changed"], "nobody", ["/data"], "/etc", "SIGUSR1", ["RUN true"]],
    );
    assert.deepEqual(config.labels, { own: "1", added: "2" });
    assert.deepEqual(config.exposedPorts.toSorted(), ["443/tcp", "80/tcp"]);
    assert.deepEqual(config.healthcheck?.test, ["NONE"]);
    assert.equal((await user.images.history("changed"))[0]?.comment, "why");
    assert.equal(await output("changed"), "changed");
  });

  test("of what is in a volume is not", async () => {
    const { id } = await user.containers.create({
      image: "busybox",
      command: ["sh", "-c", "echo v > /data/v; echo r > /r"],
      mounts: [{ type: "volume", target: "/data" }],
    });
    await user.containers.wait(id);
    await commit(id, { tag: "without-volume" });
    assert.equal(await output("without-volume", ["sh", "-c", "cat /r; ls -A /data"]), "r");
  });

  test("is refused with what is wrong, and makes nothing", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["true"] }, WAIT);
    await refusal(user.containers.commit(id, { changes: ["RUN rm -rf /"] }), "dockerfile_invalid");
    await refusal(user.containers.commit(id, { changes: ["CMD a\nENTRYPOINT b"] }), "dockerfile_invalid");
    await refusal(user.containers.commit(id, { changes: ["ONBUILD ADD http://10.0.0.1/x /"] }), "remote_add_refused");
    await refusal(user.containers.commit(id, { tag: "Not A Name" }), "reference_invalid");
    await refusal(user.containers.commit("nobody"), "container_not_found");
    await user.containers.remove(id, { force: true, ...WAIT });
    await refusal(user.containers.commit(id), "container_not_found");
    const poor = await world.user("poor", { images: 0 });
    const theirs = await poor.containers.create({ image: "busybox", command: ["true"] }, WAIT);
    await refusal(poor.containers.commit(theirs.id), "quota_exceeded");
    assert.deepEqual((await poor.builds.list()).items, []);
  });

  test("whose container goes before its turn fails with container_gone", async () => {
    const { id } = await user.containers.create({ image: "busybox", command: ["true"] }, WAIT);
    await world.worker.stop();
    const queued = await user.containers.commit(id);
    await world.engine.removeContainer(id);
    await world.worker.start();
    const build = await user.builds.wait(queued.id);
    assert.deepEqual([build.state, build.failure?.code], ["failed", "container_gone"]);
    await assertConverges(world);
  });
});
