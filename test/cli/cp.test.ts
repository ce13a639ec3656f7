import assert from "node:assert/strict";
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startWorld, type World } from "../support/index.ts";
import { openCli, type Cli } from "./hafen.ts";

describe("hafen cp, as docker's page has it", () => {
  let world: World;
  let hafen: Cli;
  const here = (...path: string[]) => join(hafen.home, ...path);
  const sh = (script: string) => hafen.ok("exec", "c", "sh", "-c", script);
  const refused = async (message: RegExp, ...args: string[]) => {
    const { code, stderr } = await hafen("cp", ...args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
  };
  before(async () => {
    world = await startWorld();
    hafen = await openCli({ url: world.url, apiKey: (await world.user()).apiKey });
    await hafen.ok("run", "-d", "--name", "c", "busybox", "sleep", "1000");
    await mkdir(here("dir", "sub"), { recursive: true });
    await writeFile(here("dir", "sub", "f"), "deep");
    await writeFile(here("file"), "content");
    await chmod(here("file"), 0o640);
    await symlink("file", here("tofile"));
    await symlink("dir", here("todir"));
  });
  after(async () => {
    await hafen[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  test("a file in: to a new name, over a file, into a directory, and never to a directory that is not there", async () => {
    await hafen.ok("cp", "file", "c:/tmp/new");
    await sh("echo other > /tmp/old");
    await hafen.ok("cp", "file", "c:/tmp/old");
    await hafen.ok("cp", "file", "c:/tmp/");
    assert.equal(await sh("cd /tmp; cat new old file; stat -c ' %a %u' new"), "contentcontentcontent 640 0");
    await refused(/no directory \/tmp\/none/, "file", "c:/tmp/none/");
    await refused(/\/none/, "file", "c:/none/f");
    await refused(/not a directory/, "file/", "c:/tmp/x");
  });

  test("a directory in: to a new name, into a directory, its contents with /., and never onto a file", async () => {
    await sh("mkdir -p /d/into /d/contents; touch /d/file");
    await hafen.ok("cp", "dir", "c:/d/new");
    await hafen.ok("cp", "dir", "c:/d/into");
    await hafen.ok("cp", "dir/", "c:/d/into/again");
    await hafen.ok("cp", "dir/.", "c:/d/contents");
    await hafen.ok("cp", "dir/.", "c:/d/fresh");
    const files = "cd /d; find . -name f | sort | xargs echo";
    assert.equal(await sh(files), "./contents/sub/f ./fresh/sub/f ./into/again/sub/f ./into/dir/sub/f ./new/sub/f");
    await refused(/directory onto the file/, "dir", "c:/d/file");
  });

  test("a file never replaces a directory on its way in, nor the other way round", async () => {
    await sh("mkdir -p /keep/dir; echo precious > /keep/dir/sub");
    await refused(/sub is no directory/, "dir", "c:/keep");
    assert.equal(await sh("cat /keep/dir/sub"), "precious");
  });

  test("links: as they are, followed with -L, and followed where they are the target", async () => {
    await sh(
      "mkdir /l; cd /l; echo old > real; ln -s real link; mkdir place; ln -s place toplace; ln -s nothing dangling",
    );
    await hafen.ok("cp", "tofile", "c:/l/aslink");
    await hafen.ok("cp", "-L", "tofile", "c:/l/followed");
    await hafen.ok("cp", "-L", "todir", "c:/l/dir");
    await hafen.ok("cp", "file", "c:/l/link");
    await hafen.ok("cp", "file", "c:/l/toplace");
    await hafen.ok("cp", "file", "c:/l/dangling");
    const seen = await sh("cd /l; readlink aslink; cat followed real place/file nothing; readlink link; cat dir/sub/f");
    assert.equal(seen, "file\ncontentcontentcontentcontentreal\ndeep");
    await hafen.ok("cp", "c:/l/link", "outlink");
    await hafen.ok("cp", "-L", "c:/l/link", "outfile");
    await hafen.ok("cp", "-L", "c:/l/toplace", "outdir");
    assert.equal(await readlink(here("outlink")), "real");
    assert.equal(await readFile(here("outfile"), "utf8"), "content");
    assert.deepEqual(await readdir(here("outdir")), ["file"]);
  });

  test("out: to a new name, over a file, into a directory, contents with /., modes and times kept", async () => {
    await sh("mkdir -p /o/sub; echo -n out > /o/sub/f; chmod 750 /o/sub/f; touch -d '2001-02-03 04:05:06' /o/sub/f");
    await mkdir(here("out"));
    await hafen.ok("cp", "c:/o/sub/f", "out/");
    await hafen.ok("cp", "c:/o/sub/f", "out/renamed");
    await hafen.ok("cp", "c:/o/sub/f", "out/renamed");
    await hafen.ok("cp", "c:/o", "out");
    await hafen.ok("cp", "c:/o", "out/new");
    await hafen.ok("cp", "c:/o", "out/slashed/");
    await hafen.ok("cp", "c:/o/.", "out");
    assert.deepEqual((await readdir(here("out"))).toSorted(), ["f", "new", "o", "renamed", "slashed", "sub"]);
    const { mode, mtime } = await stat(here("out", "f"));
    assert.deepEqual([mode & 0o777, mtime.toISOString()], [0o750, "2001-02-03T04:05:06.000Z"]);
    for (const path of ["o/sub/f", "new/sub/f", "slashed/sub/f", "sub/f"])
      assert.equal(await readFile(here("out", path), "utf8"), "out", path);
    await refused(/no directory/, "c:/o/sub/f", "none/");
    await refused(/directory onto the file/, "c:/o", "file");
    await refused(/\/absent/, "c:/absent", ".");
    assert.ok((await lstat(here("file"))).isFile());
  });

  test("- is a tar, both ways; -a keeps owners", async () => {
    await sh("mkdir -p /t/a /t/b; echo piped > /t/a/f; chown 1000:50 /t/a/f");
    const tar = hafen.start("cp", "c:/t/a", "-");
    const { stdout } = await tar.ended;
    const put = await hafen.with({ input: Buffer.from(stdout, "latin1") }, "cp", "-", "c:/t/b");
    assert.equal(put.code, 0, put.stderr);
    assert.equal(await sh("cat /t/b/a/f; stat -c %u:%g /t/b/a/f"), "piped\n1000:50");
    await hafen.ok("cp", "-a", "c:/t/a/f", "owned");
    const { uid, gid } = await stat(here("owned"));
    assert.deepEqual([uid, gid], [1000, 50]);
    await hafen.ok("cp", "-a", "owned", "c:/t/");
    assert.equal(await sh("stat -c %u:%g /t/owned"), "1000:50");
  });

  test("what is of two containers, or of none, is refused before anything is sent", async () => {
    for (const args of [
      ["c:/a", "c:/b"],
      ["file", "dir"],
    ])
      assert.equal((await hafen("cp", ...args)).code, 125);
  });

  test("large ones say on stderr how far they are, unless they are to be quiet", async () => {
    await writeFile(here("large"), Buffer.alloc(12_000_000));
    assert.match((await hafen("cp", "large", "c:/tmp/large")).stderr, /^Copying to c 12MB\n$/);
    assert.match((await hafen("cp", "c:/tmp/large", "back")).stderr, /^Copying from c 12MB\n$/);
    assert.equal((await hafen("cp", "-q", "large", "c:/tmp/large")).stderr, "");
    assert.equal((await hafen("cp", "file", "c:/tmp/small")).stderr, "");
  });

  test("hafen volume cp is the same with a volume, and volume clone makes another one", async () => {
    await hafen.ok("volume", "create", "notes");
    await hafen.ok("volume", "cp", "dir/.", "notes:/");
    await hafen.ok("volume", "cp", "file", "notes:/sub");
    assert.equal(await hafen.ok("volume", "clone", "notes", "copy"), "copy");
    await hafen.ok("volume", "cp", "copy:/", "fromvolume");
    assert.deepEqual((await readdir(here("fromvolume", "sub"))).toSorted(), ["f", "file"]);
    await hafen.ok("volume", "cp", "copy:/sub/f", "single");
    assert.equal(await readFile(here("single"), "utf8"), "deep");
    await hafen.ok("run", "--rm", "-v", "/home/frank:/v", "busybox", "true");
    await hafen.ok("volume", "cp", "file", "/home/frank:/");
    assert.equal(await hafen.ok("run", "--rm", "-v", "/home/frank:/v", "busybox", "cat", "/v/file"), "content");
    assert.equal((await hafen("volume", "cp", "notes:/a", "copy:/b")).code, 125);
  });
});
