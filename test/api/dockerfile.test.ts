import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Build, CreateContainer } from "@hafen/sdk";
import { eventually, startWorld, type World } from "../support/index.ts";
import { COMBINATIONS, NOT_HERE, STORY_CONFIG, STORY_FILES, STORY_OUTPUT_OF_ALL } from "../support/dockerfile-story.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

async function build(dockerfile: string, options: object = {}, files: Record<string, string> = {}): Promise<Build> {
  const made = await user.builds.createFromFiles({ dockerfile, files }, { ...WAIT, ...options });
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
  return made;
}
async function run(body: CreateContainer): Promise<string> {
  const { id } = await user.containers.create(body);
  await user.containers.wait(id);
  return (await Array.fromAsync(user.containers.logs(id))).map(({ text }) => text).join("\n");
}

describe("what a Dockerfile can say", () => {
  test("is in the image and what runs of it: ARG, ENV, LABEL, WORKDIR, USER, EXPOSE, STOPSIGNAL, HEALTHCHECK, ONBUILD, stages, .dockerignore", async () => {
    const { Dockerfile, ...files } = STORY_FILES;
    await build(Dockerfile, { tag: "story", buildArgs: { VERSION: "7" } }, files);
    const { env, exposedPorts, volumes: _, ...config } = (await user.images.get("story")).config;
    assert.deepEqual({ ...config, exposedPorts: exposedPorts.toSorted() }, STORY_CONFIG);
    assert.deepEqual(
      env.filter((line) => !line.startsWith("PATH=")),
      ["GREETING=hello", "NAME=big world"],
    );
    assert.equal(await run({ image: "story" }), STORY_OUTPUT_OF_ALL);

    const overridden = await run({
      image: "story",
      command: ["one"],
      env: { NAME: "you" },
      user: "0",
      workingDir: "/srv/app",
    });
    assert.match(overridden, /^hello you in \/srv\/app as 0:0 with 1 words: one$/m);
    assert.equal(
      await run({ image: "story", entrypoint: ["echo"] }),
      "",
      "an entrypoint of one's own drops the image's command",
    );
    assert.equal(await run({ image: "story", entrypoint: ["echo", "own"], command: ["words"] }), "own words");

    const waiting = await user.containers.create({ image: "story", command: ["wait"] }, WAIT);
    const log = async () => (await Array.fromAsync(user.containers.logs(waiting.id))).map(({ text }) => text);
    await eventually("it waits", async () => (await log()).includes("waiting"));
    const stopped = await user.containers.stop(waiting.id, { graceSeconds: 60 }, WAIT);
    assert.deepEqual([stopped.exitCode, (await log()).at(-1)], [0, "stopped by USR1"]);
  });

  test("ends at a stage with target, and an ARG before FROM chooses the base", async () => {
    const { Dockerfile, ...files } = STORY_FILES;
    await build(Dockerfile, { tag: "tools", target: "checked", buildArgs: { VERSION: "8" } }, files);
    assert.equal(await run({ image: "tools", command: ["cat", "/version", "/checked"] }), "version 8\nchecked");
    await build(Dockerfile, { tag: "rebased", buildArgs: { BASE: "tools" } }, files);
    assert.equal(await run({ image: "rebased", entrypoint: ["cat"], command: ["/checked"] }), "checked");
    const none = await user.builds.createFromFiles({ dockerfile: Dockerfile, files }, { target: "nothing", ...WAIT });
    assert.equal(none.failure?.code, "target_not_found");
  });

  test("ONBUILD runs in the build that stands on the image, and only there", async () => {
    const { Dockerfile, ...files } = STORY_FILES;
    await build(Dockerfile, { tag: "trigger" }, files);
    await build("FROM trigger\nUSER 0\n", { tag: "triggered" }, { "extra.txt": "extra" });
    assert.equal(await run({ image: "triggered", entrypoint: ["cat"], command: ["/extra.txt"] }), "extra");
    assert.deepEqual((await user.images.get("triggered")).config.onBuild, []);
    const lacking = await user.builds.createFromFiles({ dockerfile: "FROM trigger\n" }, WAIT);
    assert.equal(lacking.failure?.code, "copy_failed");
  });

  test("shell and exec form of ENTRYPOINT and CMD combine as Docker's table says", async () => {
    await build('FROM busybox\nENV HOME=/root\nCMD ["echo", "of the base"]\n', { tag: "before" });
    for (const [dockerfile, words, printed] of COMBINATIONS) {
      const from = dockerfile.startsWith("FROM") ? "" : "FROM busybox\nENV HOME=/root\n";
      await build(`${from}${dockerfile}\n`, { tag: "combined" });
      const body = { image: "combined", ...(words.length > 0 ? { command: words } : {}) };
      assert.equal(await run(body), printed, dockerfile);
    }
  });

  test("what needs BuildKit is refused at once, and what to write instead is said", async () => {
    for (const [dockerfile, instead] of NOT_HERE) {
      const failed = await user.builds.createFromFiles({ dockerfile, files: { a: "" } }, WAIT).then(
        ({ failure }) => failure,
        (error: unknown) => error as { code: string; detail: string },
      );
      assert.equal(failed?.code, "dockerfile_invalid", dockerfile);
      assert.match(failed.detail, instead);
    }
    await refusal(user.images.get("never"), "image_not_found");
  });
});
