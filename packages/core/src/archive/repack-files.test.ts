import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { repackFiles, type FilesFacts, type FilesLimits } from "./repack-files.ts";
import { chunked, collect, END, list, names, pax, raw, tarOf } from "./test-tar.ts";

const LIMITS: FilesLimits = { maxBytes: 1_000_000, maxEntries: 100, maxPathBytes: 1024, destination: "/data" };

async function repack(
  tar: Uint8Array,
  limits: Partial<FilesLimits> = {},
): Promise<{ tar: Buffer; summary: FilesFacts }> {
  const packing = repackFiles(chunked(tar, 700), { ...LIMITS, ...limits });
  return { tar: await collect(packing.tar), summary: await packing.summary };
}

test("files, directories, symbolic links and hard links inside are kept with their times", async () => {
  const { tar, summary } = await repack(
    tarOf(
      { name: "./", flag: "5" },
      { name: "./d/", flag: "5", mode: 0o750 },
      { name: "d/f", body: "content", mode: 0o640, uid: 1000, gid: 65_535 },
      { name: "d/hard", flag: "1", linkName: "./d/f" },
      { name: "d/soft", flag: "2", linkName: "../x/f" },
      { name: "abs", flag: "2", linkName: "/etc/passwd" },
    ),
  );
  const found = await list(tar);
  assert.deepEqual(
    found.map(({ name, type, linkname, body }) => [name, type, linkname, body]),
    [
      ["d/", "directory", null, ""],
      ["d/f", "file", null, "content"],
      ["d/hard", "link", "d/f", ""],
      ["d/soft", "symlink", "../x/f", ""],
      ["abs", "symlink", "/etc/passwd", ""],
    ],
  );
  const file = found[1];
  assert.deepEqual([file?.mode, file?.uid, file?.gid, file?.mtime?.getTime()], [0o640, 1000, 65_535, 1.7e12]);
  assert.deepEqual([summary.entries, summary.contentBytes], [5, 7]);
});

test("set-uid and set-gid bits are taken off, the sticky bit is kept", async () => {
  const { tar } = await repack(
    tarOf({ name: "su", mode: 0o4755 }, { name: "sg", mode: 0o2755 }, { name: "t", flag: "5", mode: 0o7777 }),
  );
  assert.deepEqual(
    (await list(tar)).map(({ mode }) => mode),
    [0o755, 0o755, 0o1777],
  );
});

test("owners that no container has become root, and extended attributes go", async () => {
  const { tar } = await repack(
    tarOf(pax({ uid: "65536", gid: "4294967294", "SCHILY.xattr.security.capability": "\x01\0" }), { name: "x" }),
  );
  const [file] = await list(tar);
  assert.deepEqual([file?.uid, file?.gid, file?.pax], [0, 0, null]);
});

for (const [title, pack] of [
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const) {
  test(`a tar compressed with ${title} is taken`, async () => {
    const { tar } = await repack(pack(tarOf({ name: "x", body: "y" })));
    assert.deepEqual(await names(tar), ["x"]);
  });
}

test("an archive without entries unpacks to nothing", async () => {
  assert.equal((await repack(END)).summary.entries, 0);
});

test("a link may climb only where there is nothing above: in the root", async () => {
  const climbing = tarOf({ name: "a/l", flag: "2", linkName: "../../x" });
  await assert.rejects(repack(climbing), { code: "tar_entry_refused" });
  assert.deepEqual(await names((await repack(climbing, { destination: "/" })).tar), ["a/l"]);
});

const REFUSED: [title: string, tar: Uint8Array][] = [
  ["a climbing name", tarOf({ name: "../x" })],
  ["a climb in the middle", tarOf({ name: "a/../../x" })],
  ["an absolute name", tarOf({ name: "/etc/passwd" })],
  ["a character or block device", tarOf({ name: "null", flag: "3" })],
  ["a FIFO", tarOf({ name: "fifo", flag: "6" })],
  ["a sparse file", tarOf({ name: "x", flag: "S" })],
  ["an unknown kind", tarOf({ name: "x", flag: "Z" })],
  ["a hard link out", tarOf({ name: "l", flag: "1", linkName: "../../etc/shadow" })],
  ["a hard link to an absolute name", tarOf({ name: "l", flag: "1", linkName: "/etc/shadow" })],
  ["a hard link to what the tar did not bring", tarOf({ name: "l", flag: "1", linkName: "etc/shadow" })],
  [
    "a hard link to a symbolic link",
    tarOf({ name: "s", flag: "2", linkName: "/etc/shadow" }, { name: "l", flag: "1", linkName: "s" }),
  ],
  ["a file below a symbolic link", tarOf({ name: "d", flag: "2", linkName: "/etc" }, { name: "d/passwd" })],
  ["a file in place of its own link", tarOf({ name: "d", flag: "2", linkName: "/etc/passwd" }, { name: "d" })],
  ["a symbolic link without a target", tarOf({ name: "s", flag: "2" })],
  ["a root that is a link", tarOf({ name: ".", flag: "2", linkName: "/etc" })],
  ["a name that is too long", tarOf(pax({ path: "x".repeat(256) }), { name: "x" })],
];
for (const [title, tar] of REFUSED) {
  test(`${title} is refused`, async () => {
    await assert.rejects(repack(tar), { code: "tar_entry_refused" });
  });
}

const BOUNDS: [title: string, tar: Uint8Array, code: string][] = [
  ["too many bytes", tarOf({ name: "x", sizeBytes: 2_000_000 }), "tar_too_large"],
  ["a bomb", gzipSync(tarOf({ name: "x", body: Buffer.alloc(5_000_000) })), "tar_too_large"],
  ["too many entries", tarOf(...Array.from({ length: 101 }, () => ({ name: "d", flag: "5" }))), "tar_too_large"],
  ["no end", raw({ name: "x", body: "y" }), "tar_invalid"],
  ["a body cut short", raw({ name: "x", sizeBytes: 1000 }), "tar_invalid"],
  ["nothing", new Uint8Array(0), "tar_invalid"],
  ["no tar", Buffer.alloc(600, "text"), "tar_invalid"],
];
for (const [title, tar, code] of BOUNDS) {
  test(`a body with ${title} is ${code}`, async () => {
    await assert.rejects(repack(tar), { code });
  });
}
