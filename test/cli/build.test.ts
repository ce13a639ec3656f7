import assert from "node:assert/strict";
import { chmod, symlink } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
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

  test("a Dockerfile from elsewhere gets into no image, and what it built is in the cache", async () => {
    const path = await hafen.directory("inside", { "file.txt": "x", "b.log": "", ".dockerignore": "*.log\n" });
    const text = "FROM busybox\nCOPY . /all/\n";
    const other = await hafen.directory("outside", { Dockerfile: text });
    const first = await hafen.ok("build", "-q", "-t", "outside", "-f", join(other, "Dockerfile"), path);
    assert.equal(await hafen.ok("run", "--rm", "outside", "ls", "-A", "/all"), ".dockerignore\nfile.txt");
    assert.equal(await hafen.ok("build", "-q", "-f", join(other, "Dockerfile"), path), first);
    const typed = await hafen.with({ input: text }, "build", "-q", "-f", "-", path);
    assert.equal(typed.stdout.trimEnd(), first);
  });

  test("gives the image every name that -t says", async () => {
    const path = await hafen.directory("names", { Dockerfile: "FROM busybox\nLABEL many=names\n" });
    const id = await hafen.ok("build", "-q", "-t", "many:1", "-t", "many:2", "-t", "many", path);
    for (const name of ["many:1", "many:2", "many:latest"])
      assert.equal(await hafen.ok("images", "-q", "--no-trunc", name), id);
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

  test("Ctrl-C cancels it, and a second time leaves it", async () => {
    const path = await hafen.directory("long", { Dockerfile: "FROM busybox\nRUN echo begun; sleep 1000\n" });
    const building = hafen.start("build", path);
    await eventually("it has begun", () => /^begun$/m.test(building.stderr()));
    await world.worker.kill(); // nobody is there to cancel it
    building.signal("SIGINT");
    building.signal("SIGINT");
    const again = setInterval(() => building.signal("SIGINT"), 100); // two at once may be one
    assert.equal((await building.ended.finally(() => clearInterval(again))).code, 130);
    await world.worker.start();
  });

  test("--json gives the build as the API does", async () => {
    const path = await hafen.directory("json", { Dockerfile: "FROM busybox\nLABEL x=y\n" });
    const build = JSON.parse(await hafen.ok("build", "--json", "-t", "json", path)) as { state: string; tag: string };
    assert.deepEqual([build.state, build.tag], ["succeeded", "json:latest"]);
  });
});
