import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("volumes, as a Docker introduction has them", () => {
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

  test("-v /data makes an anonymous volume, which inspect shows and --volumes-from shares, running or not", async () => {
    await hafen.ok("run", "-dit", "--name", "volumetest", "-v", "/data", "busybox", "sh");
    await hafen.ok("exec", "volumetest", "sh", "-c", "echo kept >/data/file");
    assert.match(
      await hafen.ok("inspect", "-f", "{{.Mounts}}", "volumetest"),
      /^\[\{volume (\S+) \1 \/data local  true \}\]$/,
    );
    const [mount] = JSON.parse(await hafen.ok("inspect", "-f", "{{json .Mounts}}", "volumetest")) as { Name: string }[];
    assert.match(await hafen.ok("volume", "ls"), new RegExp(`^${mount?.Name} +anonymous .*volumetest$`, "m"));

    const read = ["run", "--rm", "--volumes-from", "volumetest", "busybox", "cat", "/data/file"];
    assert.equal(await hafen.ok(...read), "kept");
    await hafen.ok("stop", "-t", "0", "volumetest");
    assert.equal(await hafen.ok(...read), "kept");
    const denied = await hafen("run", "--rm", "--volumes-from", "volumetest:ro", "busybox", "touch", "/data/no");
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /Read-only file system/);

    await hafen.ok("rm", "-v", "volumetest");
    assert.equal(await hafen.ok("volume", "ls", "-q"), "");
  });

  test("a named volume outlives its containers, and is refused to rm while it is mounted", async () => {
    assert.equal(await hafen.ok("volume", "create", "named"), "named");
    await hafen.ok("run", "--name", "writer", "-v", "named:/data", "busybox", "sh", "-c", "echo one >/data/file");
    const refused = await hafen("volume", "rm", "named");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^hafen: .*writer/);
    await hafen.ok("rm", "-v", "writer");
    assert.equal(await hafen.ok("run", "--rm", "-v", "named:/data:ro", "busybox", "cat", "/data/file"), "one");
    assert.equal(await hafen.ok("volume", "inspect", "-f", "{{.Name}}", "named"), "named");
    assert.equal(await hafen.ok("volume", "rm", "named"), "named");
  });

  test("VOLUME in a Dockerfile is filled from the image", async () => {
    const dockerfile = "FROM busybox\nRUN mkdir /data && echo from the image >/data/file\nVOLUME /data\n";
    const built = await hafen.with({ input: dockerfile }, "build", "-q", "-t", "filled", "-");
    assert.match(built.stdout, /^sha256:[0-9a-f]{64}\n$/, built.stderr);
    assert.equal(await hafen.ok("run", "--rm", "filled", "cat", "/data/file"), "from the image");
    assert.equal(await hafen.ok("volume", "ls", "-q"), "");
  });

  test("a relative path of the caller's machine is refused before anything is sent", async () => {
    const { code, stderr } = await hafen("run", "-v", "./frank:/data", "busybox");
    assert.equal(code, 125);
    assert.match(stderr, /^hafen: run: .*cannot be mounted.*hafen cp.*\n$/);
  });

  test("cp carries files and directories both ways", async () => {
    const tree = join(hafen.home, "tree");
    await mkdir(join(tree, "sub"), { recursive: true });
    await writeFile(join(tree, "sub", "run.sh"), "#!/bin/sh\necho copied\n", { mode: 0o755 });
    await hafen.ok("run", "-d", "--name", "copied", "busybox", "sleep", "1000");
    await hafen.ok("cp", "tree", "copied:/tmp");
    assert.equal(await hafen.ok("exec", "copied", "/tmp/tree/sub/run.sh"), "copied");
    await hafen.ok("cp", "tree/sub/run.sh", "copied:/tmp/other.sh");
    assert.equal(await hafen.ok("exec", "copied", "/tmp/other.sh"), "copied");
    await hafen.ok("cp", "copied:/tmp/tree", "back");
    await hafen.ok("cp", "copied:/tmp/other.sh", ".");
    const listed = await hafen.with({ input: "" }, "cp", "copied:/tmp/tree/sub/run.sh", "-");
    assert.match(listed.stdout, /echo copied/);
    await hafen.ok("exec", "copied", "mkdir", "/tmp/again");
    await hafen.ok("cp", "back/.", "copied:/tmp/again");
    assert.equal(await hafen.ok("exec", "copied", "/tmp/again/sub/run.sh"), "copied");
    assert.match((await hafen("cp", "copied:/none", ".")).stderr, /^hafen: .*\/none/);
  });
});
