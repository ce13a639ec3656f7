import assert from "node:assert/strict";
import { chmod, symlink } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("hafen build", () => {
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

  test("sends a directory without what .dockerignore names, with modes and symbolic links", async () => {
    const path = await hafen.directory("context", {
      Dockerfile: "FROM busybox\nCOPY . /all/\nCMD cd /all && find . | sort\n",
      ".dockerignore": "# comment\n*.log\nnode_modules\nsecret/*\n!secret/public\n**/deep.tmp\n",
      "a.log": "",
      "kept.txt": "kept",
      "sub/b.log": "",
      "sub/more/deep.tmp": "",
      "node_modules/x/index.js": "",
      "secret/key": "",
      "secret/public": "",
      "run.sh": "#!/bin/sh\n",
    });
    await chmod(join(path, "run.sh"), 0o751);
    await symlink("kept.txt", join(path, "link"));
    await hafen.ok("build", "-t", "context", path);
    const found = (await hafen.ok("run", "--rm", "context")).split("\n");
    const wanted = [
      ".",
      "./kept.txt",
      "./link",
      "./run.sh",
      "./secret",
      "./secret/public",
      "./sub",
      "./sub/b.log",
      "./sub/more",
    ];
    assert.deepEqual(
      found.filter((name) => !/ockerfile|dockerignore/.test(name)),
      wanted,
    );
    assert.equal(await hafen.ok("run", "--rm", "context", "stat", "-c", "%a", "/all/run.sh"), "751");
    assert.equal(await hafen.ok("run", "--rm", "context", "readlink", "/all/link"), "kept.txt");
  });

  test("takes -f from anywhere, --build-arg, --label and --target", async () => {
    const path = await hafen.directory("options", {
      "docker/Special": "FROM busybox AS first\nARG WHO\nRUN echo hello $WHO >/who\nFROM busybox\n",
      "file.txt": "x",
    });
    const other = await hafen.directory("elsewhere", { Dockerfile: "FROM busybox\nCOPY file.txt /\n" });
    await hafen.ok(
      "build",
      "-t",
      "one",
      "-f",
      join(path, "docker/Special"),
      "--build-arg",
      "WHO=frank",
      "--label",
      "a=b",
      "--target",
      "first",
      path,
    );
    assert.equal(await hafen.ok("run", "--rm", "one", "cat", "/who"), "hello frank");
    assert.equal(await hafen.ok("inspect", "-f", '{{index .Config.Labels "a"}}', "one"), "b");
    await hafen.ok("build", "-t", "two", "-f", join(other, "Dockerfile"), path);
    assert.equal(await hafen.ok("run", "--rm", "two", "cat", "/file.txt"), "x");
  });

  test("one that fails ends with 1, its log and the reason; -q shows the log then too", async () => {
    const path = await hafen.directory("failing", { Dockerfile: "FROM busybox\nRUN echo before && exit 3\n" });
    for (const flags of [[], ["-q"]]) {
      const { code, stdout, stderr } = await hafen("build", ...flags, path);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^before$/m);
      assert.match(stderr, /^hafen: .*3.*$/m);
    }
    const none = await hafen("build", join(hafen.home, "none"));
    assert.deepEqual(
      [none.code, none.stderr],
      [1, `hafen: unable to prepare context: path "${join(hafen.home, "none")}" not found\n`],
    );
    const empty = await hafen("build", await hafen.directory("empty", { x: "" }));
    assert.match(empty.stderr, /^hafen: unable to prepare context: there is no Dockerfile/);
  });

  test("--json gives the build as the API does", async () => {
    const path = await hafen.directory("json", { Dockerfile: "FROM busybox\nLABEL x=y\n" });
    const build = JSON.parse(await hafen.ok("build", "--json", "-t", "json", path)) as { state: string; tag: string };
    assert.deepEqual([build.state, build.tag], ["succeeded", "json:latest"]);
  });
});
