import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { pack, type Header } from "tar-stream";
import { packPath } from "./pack-directory.ts";
import { unpack } from "./unpack.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hafen-unpack-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function tarOf(...entries: (Partial<Header> & { name: string; body?: string })[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const { body = "", ...header } of entries) tar.entry(header, body);
  tar.finalize();
  return tar as unknown as AsyncIterable<Uint8Array>;
}
const same = (first: string) => first;

test("what was packed comes out as it was", async () => {
  const from = join(directory, "from");
  await mkdir(join(from, "sub"), { recursive: true });
  await writeFile(join(from, "sub", "run"), "x", { mode: 0o750 });
  await symlink("sub/run", join(from, "link"));
  await unpack(packPath(from, "from"), directory, () => "to");
  assert.equal(await readFile(join(directory, "to/sub/run"), "utf8"), "x");
  assert.equal((await stat(join(directory, "to/sub/run"))).mode & 0o7777, 0o750);
  assert.equal(await readlink(join(directory, "to/link")), "sub/run");
});

test("nothing is written outside, by .., by an absolute name, or through a link", async () => {
  const out = join(directory, "out");
  const into = join(directory, "into");
  await mkdir(out);
  await mkdir(into);
  await assert.rejects(unpack(tarOf({ name: "../out/a" }), into, same), /has the entry/);
  await assert.rejects(unpack(tarOf({ name: "a/../../out/a" }), into, same), /has the entry/);
  await assert.rejects(unpack(tarOf({ name: "/etc/a" }), into, same), /has the entry/);
  const through = tarOf({ name: "l", type: "symlink", linkname: "../out" }, { name: "l/a", body: "x" });
  await assert.rejects(unpack(through, into, same));
  await symlink("../out", join(into, "there"));
  await assert.rejects(unpack(tarOf({ name: "there/a", body: "x" }), into, same), /in the way/);
  await assert.rejects(
    unpack(tarOf({ name: "h", type: "link", linkname: "../../etc/passwd" }), into, same),
    /has the entry/,
  );
  assert.deepEqual(await readdir(out), []);
});

test("set-uid bits and devices stay behind", async () => {
  const tar = tarOf(
    { name: "su", mode: 0o4755, body: "x" },
    { name: "null", type: "character-device", devmajor: 1, devminor: 3 },
  );
  await unpack(tar, directory, same);
  assert.deepEqual(await readdir(directory), ["su"]);
  assert.equal((await stat(join(directory, "su"))).mode & 0o7777, 0o755);
});
