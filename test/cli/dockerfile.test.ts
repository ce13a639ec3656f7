import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
import { COMBINATIONS, NOT_HERE, STORY_CONFIG, STORY_FILES, STORY_OUTPUT } from "../support/dockerfile-story.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("what a Dockerfile can say, with hafen in docker's place", () => {
  let world: World;
  let hafen: Cli;
  before(async () => {
    world = await startWorld();
    hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
  });
  after(async () => {
    await hafen[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  test("build, inspect, run: the image says it, and what runs does it", async () => {
    const story = await hafen.directory("story", STORY_FILES);
    await hafen.ok("build", "-t", "story", "--build-arg", "VERSION=7", story);
    // A file that .dockerignore lets through or not: the command leaves its own two out of nothing.
    const sent = (await hafen.ok("run", "--rm", "story"))
      .split("\n")
      .filter((line) => !/ockerfile|dockerignore/.test(line));
    assert.deepEqual(
      sent,
      STORY_OUTPUT.split("\n").filter((line) => !/ockerfile|dockerignore/.test(line)),
    );
    const shown = async (template: string) => hafen.ok("inspect", "-f", template, "story");
    assert.deepEqual(JSON.parse(await shown("{{json .Config.Entrypoint}}")), STORY_CONFIG.entrypoint);
    assert.deepEqual(JSON.parse(await shown("{{json .Config.Cmd}}")), STORY_CONFIG.command);
    assert.deepEqual(JSON.parse(await shown("{{json .Config.Labels}}")), STORY_CONFIG.labels);
    assert.deepEqual(
      [await shown("{{.Config.WorkingDir}}"), await shown("{{.Config.User}}"), await shown("{{.Config.StopSignal}}")],
      [STORY_CONFIG.workingDir, STORY_CONFIG.user, STORY_CONFIG.stopSignal],
    );
    assert.deepEqual(JSON.parse(await shown("{{json .Hafen.config.healthcheck}}")), STORY_CONFIG.healthcheck);

    const overridden = await hafen.ok("run", "--rm", "-e", "NAME=you", "-u", "0", "story", "one");
    assert.match(overridden, /^hello you in \/srv\/app as 0:0 with 1 words: one$/m);
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "echo", "story"), "");
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "echo", "story", "words"), "words");
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "", "story", "echo", "bare"), "bare");

    await hafen.ok("run", "-d", "--name", "waiting", "story", "wait");
    await eventually("it waits", async () => /^waiting$/m.test(await hafen.ok("logs", "waiting")));
    await hafen.ok("stop", "-t", "60", "waiting");
    assert.match(await hafen.ok("logs", "waiting"), /^stopped by USR1$/m);
    assert.equal(await hafen.ok("inspect", "-f", "{{.State.ExitCode}}", "waiting"), "0");
  });

  test("--target, an ARG before FROM, and ONBUILD", async () => {
    const story = await hafen.directory("stages", STORY_FILES);
    await hafen.ok("build", "-t", "tools", "--target", "checked", "--build-arg", "VERSION=8", story);
    assert.equal(await hafen.ok("run", "--rm", "tools", "cat", "/version", "/checked"), "version 8\nchecked");
    await hafen.ok("build", "-t", "rebased", "--build-arg", "BASE=tools", story);
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "cat", "rebased", "/checked"), "checked");
    const child = await hafen.directory("child", { Dockerfile: "FROM rebased\nUSER 0\n", "extra.txt": "extra" });
    await hafen.ok("build", "-t", "child", child);
    assert.equal(await hafen.ok("run", "--rm", "--entrypoint", "cat", "child", "/extra.txt"), "extra");
  });

  test("ENTRYPOINT and CMD combine as Docker's table says", async () => {
    const base = await hafen.directory("before", {
      Dockerfile: 'FROM busybox\nENV HOME=/root\nCMD ["echo", "of the base"]\n',
    });
    await hafen.ok("build", "-t", "before", base);
    for (const [dockerfile, words, printed] of COMBINATIONS) {
      const from = dockerfile.startsWith("FROM") ? "" : "FROM busybox\nENV HOME=/root\n";
      const path = await hafen.directory("combined", { Dockerfile: `${from}${dockerfile}\n` });
      await hafen.ok("build", "-q", "-t", "combined", path);
      assert.equal(await hafen.ok("run", "--rm", "combined", ...words), printed, dockerfile);
    }
  });

  test("what needs BuildKit is refused, and what to write instead is said", async () => {
    for (const [dockerfile, instead] of NOT_HERE) {
      const { code, stderr } = await hafen(
        "build",
        await hafen.directory("not-here", { Dockerfile: dockerfile, a: "" }),
      );
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`hafen: .*${instead.source}`, "s"));
    }
  });
});
