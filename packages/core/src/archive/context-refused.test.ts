import assert from "node:assert/strict";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { DOCKERFILE, END, pax, raw, repack, tarOf } from "./test-tar.ts";

const REFUSED: [title: string, tar: Uint8Array, code: string, detail?: RegExp][] = [
  ["an empty body", Buffer.alloc(0), "context_invalid", /empty/],
  ["garbage", Buffer.from("x".repeat(5000)), "context_invalid", /not a tar/],
  ["a short body", Buffer.from("hello"), "context_invalid", /not a tar/],
  ["bzip2", Buffer.from("BZh91AY&SY"), "context_invalid", /bzip2/],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "context_invalid", /xz/],
  ["zip", Buffer.from("PK\x03\x04"), "context_invalid", /zip/],
  ["gzip in gzip", gzipSync(gzipSync(tarOf(DOCKERFILE))), "context_invalid"],
  [
    "damaged gzip",
    gzipSync(tarOf(DOCKERFILE)).map((byte, i, all) => (i === all.length - 6 ? byte ^ 1 : byte)),
    "context_invalid",
    /damaged gzip/,
  ],
  ["a truncated gzip", gzipSync(tarOf(DOCKERFILE)).subarray(0, -9), "context_truncated"],
  ["a truncated zstd", zstdCompressSync(tarOf(DOCKERFILE)).subarray(0, -5), "context_truncated"],
  [
    "a tar cut in a header",
    tarOf(DOCKERFILE, { name: "x" }).subarray(0, 1024 + 100),
    "context_truncated",
    /"Dockerfile"/,
  ],
  [
    "a tar cut in a body",
    tarOf(DOCKERFILE, { name: "x", body: "y".repeat(2000) }).subarray(0, 2000),
    "context_truncated",
    /"x"/,
  ],
  ["a tar cut in the padding", tarOf(DOCKERFILE).subarray(0, 530), "context_truncated"],
  ["a tar cut between entries", raw(DOCKERFILE), "context_truncated"],
  [
    "a tar whose body ends in zeros and that has no end",
    Buffer.concat([raw(DOCKERFILE), raw({ name: "x", body: Buffer.alloc(1024) })]),
    "context_truncated",
  ],
  [
    "a damaged second header",
    Buffer.concat([raw(DOCKERFILE), Buffer.alloc(512, 1), END]),
    "context_invalid",
    /after entry "Dockerfile"/,
  ],
  [
    "a lone zero block in the middle",
    Buffer.concat([raw(DOCKERFILE), Buffer.alloc(512), raw({ name: "x" }), END]),
    "context_invalid",
  ],
  ["no Dockerfile", tarOf({ name: "x" }), "dockerfile_missing", /"Dockerfile"/],
  ["nothing in it", END, "dockerfile_missing"],
  ["a FIFO as Dockerfile", tarOf({ name: "Dockerfile", flag: "6" }), "dockerfile_invalid", /fifo/],
  [
    "a symlink as Dockerfile",
    tarOf({ name: "x" }, { name: "./Dockerfile", flag: "2", linkName: "x" }),
    "dockerfile_invalid",
    /symlink/,
  ],
  [
    "a hard link as Dockerfile",
    tarOf({ name: "x" }, { name: "Dockerfile", flag: "1", linkName: "x" }),
    "dockerfile_invalid",
  ],
  ["a directory as Dockerfile", tarOf({ name: "Dockerfile/", flag: "5" }), "dockerfile_invalid"],
  ["a device as Dockerfile", tarOf({ name: "Dockerfile", flag: "3" }), "dockerfile_invalid"],
  [
    "a Dockerfile that is not UTF-8",
    tarOf({ name: "Dockerfile", body: Buffer.from([0x46, 0xff]) }),
    "dockerfile_invalid",
    /UTF-8/,
  ],
  [
    "a Dockerfile that is too large",
    tarOf({ name: "Dockerfile", body: "#".repeat(10_001) }),
    "dockerfile_invalid",
    /10001/,
  ],
  ["a FIFO", tarOf(DOCKERFILE, { name: "f", flag: "6" }), "context_entry_refused", /"f"/],
  ["a character device", tarOf({ name: "c", flag: "3" }, DOCKERFILE), "context_entry_refused", /"c"/],
  ["a block device", tarOf({ name: "b", flag: "4" }), "context_entry_refused", /"b"/],
  ["a contiguous file", tarOf({ name: "g", flag: "7" }), "context_entry_refused", /"g"/],
  ["a volume label", tarOf({ name: "v", flag: "V" }), "context_entry_refused", /"v"/],
  ["a GNU sparse file", tarOf({ name: "s", flag: "S" }), "context_entry_refused", /sparse/],
  ["a PAX sparse file", tarOf(pax({ "GNU.sparse.major": "1" }), { name: "s" }), "context_entry_refused", /sparse/],
  ["an absolute path", tarOf({ name: "/etc/passwd" }), "context_entry_refused", /absolute/],
  ["a path that climbs", tarOf({ name: "a/../../x" }), "context_entry_refused", /`\.\.`/],
  ["a path that climbs and stays", tarOf({ name: "a/../x" }), "context_entry_refused"],
  ["a PAX path that climbs", tarOf(pax({ path: "../x" }), { name: "x" }), "context_entry_refused", /"\.\.\/x"/],
  ["a PAX path that is absolute", tarOf(pax({ path: "/x" }), { name: "x" }), "context_entry_refused"],
  [
    "a GNU long name that climbs",
    tarOf({ name: "././@LongLink", flag: "L", body: "../x\0" }, { name: "x" }),
    "context_entry_refused",
  ],
  ["a PAX path with a NUL", tarOf(pax({ path: "a\0b" }), { name: "x" }), "context_invalid"],
  [
    "a PAX link path out",
    tarOf(pax({ linkpath: "../x" }), { name: "l", flag: "2", linkName: "ok" }),
    "context_entry_refused",
    /outside/,
  ],
  ["two PAX headers", tarOf(pax({ path: "a" }), pax({ path: "b" }), { name: "x" }), "context_invalid"],
  ["a global PAX path", tarOf(pax({ path: "a" }, "g"), { name: "x" }), "context_invalid"],
  [
    "a PAX record with a wrong length",
    tarOf({ name: "p", flag: "x", body: "99 path=a\n" }, { name: "x" }),
    "context_invalid",
  ],
  [
    "a PAX record with a negative length",
    tarOf({ name: "p", flag: "x", body: "-9 path=a\n" }, { name: "x" }),
    "context_invalid",
  ],
  ["a PAX header of nothing", tarOf(pax({ path: "a" })), "context_invalid"],
  ["a PAX header of 4 GiB", tarOf({ name: "p", flag: "x", sizeBytes: 2 ** 32 }), "context_invalid"],
  ["a negative size", tarOf({ name: "x", sizeField: Buffer.alloc(12, 0xff) }), "context_invalid"],
  [
    "a size of 1 TiB",
    tarOf({ name: "x", sizeBytes: 0, sizeField: Buffer.from([0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]) }),
    "context_too_large",
  ],
  ["a PAX size of 1 TiB", tarOf(pax({ size: "1099511627776" }), { name: "x" }), "context_too_large"],
  [
    "a name that is not UTF-8",
    Buffer.from(tarOf({ name: "X" }).toString("latin1").replace("X", "\xff").replace("ustar", "ustar"), "latin1"),
    "context_invalid",
  ],
  [
    "a path that is too deep",
    tarOf({ name: "d/".repeat(49) }, pax({ path: "e/".repeat(150) + "x" }), { name: "x" }),
    "context_entry_refused",
    /deeper/,
  ],
  [
    "a path that is too long",
    tarOf(pax({ path: `${"p".repeat(200)}/`.repeat(6) + "x" }), { name: "x" }),
    "context_entry_refused",
    /longer/,
  ],
  ["a name that is too long", tarOf(pax({ path: "p".repeat(256) }), { name: "x" }), "context_entry_refused", /255/],
  ["an empty name", tarOf({ name: "" }), "context_entry_refused"],
  ["the root as a symlink", tarOf({ name: "./", flag: "2", linkName: "/etc" }), "context_entry_refused"],
  ["a symlink out", tarOf({ name: "l", flag: "2", linkName: "../x" }), "context_entry_refused", /"l".*outside/],
  ["a deep symlink out", tarOf({ name: "a/b/l", flag: "2", linkName: "../../../x" }), "context_entry_refused"],
  ["a symlink out and in again", tarOf({ name: "a/l", flag: "2", linkName: "../../ctx/x" }), "context_entry_refused"],
  [
    "an absolute symlink",
    tarOf({ name: "l", flag: "2", linkName: "/etc/passwd" }),
    "context_entry_refused",
    /RUN ln -s/,
  ],
  ["a symlink to nothing", tarOf({ name: "l", flag: "2" }), "context_entry_refused"],
  ["a hard link out", tarOf({ name: "l", flag: "1", linkName: "../x" }), "context_entry_refused", /outside/],
  ["an absolute hard link", tarOf({ name: "l", flag: "1", linkName: "/etc/passwd" }), "context_entry_refused"],
  ["a hard link to what never came", tarOf({ name: "l", flag: "1", linkName: "x" }), "context_entry_refused"],
  [
    "a hard link to a symlink",
    tarOf({ name: "s", flag: "2", linkName: "x" }, { name: "l", flag: "1", linkName: "s" }),
    "context_entry_refused",
  ],
  [
    "a child of a symlink",
    tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d/x" }),
    "context_entry_refused",
    /below "d"/,
  ],
  [
    "a grandchild of a symlink",
    tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d/x/y/z" }),
    "context_entry_refused",
  ],
  ["a child of a file", tarOf({ name: "d" }, { name: "d/x" }), "context_entry_refused"],
  [
    "a symlink over a directory",
    tarOf({ name: "d/x" }, { name: "d", flag: "2", linkName: "e" }),
    "context_entry_refused",
    /twice/,
  ],
  [
    "a directory over a symlink",
    tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d", flag: "5" }),
    "context_entry_refused",
  ],
  ["a file twice", tarOf({ name: "x" }, { name: "./x" }), "context_entry_refused", /twice/],
  [
    "the Dockerfile twice",
    tarOf(DOCKERFILE, { name: ".//Dockerfile", body: "FROM b" }),
    "context_entry_refused",
    /twice/,
  ],
  [
    "too many entries",
    tarOf(...Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}` }))),
    "context_too_large",
    /1000 entries/,
  ],
  [
    "one directory too often",
    tarOf(...Array.from({ length: 1001 }, () => ({ name: "d", flag: "5" }))),
    "context_too_large",
  ],
  [
    "too many implied directories",
    tarOf(...Array.from({ length: 60 }, (_, i) => ({ name: `${i}/${"d/".repeat(20)}x` }))),
    "context_too_large",
  ],
];

for (const [title, tar, code, detail] of REFUSED) {
  test(`a context with ${title} is refused as ${code}`, async () => {
    for (const chunkBytes of [tar.length || 1, 100]) {
      await assert.rejects(repack(tar, {}, chunkBytes), (error: { code?: string; detail?: string }) => {
        assert.equal(error.code, code, error.detail);
        if (detail !== undefined) assert.match(error.detail ?? "", detail);
        return true;
      });
    }
  });
}

test("names in reasons are cut and free of control characters", async () => {
  await assert.rejects(repack(tarOf({ name: "a\n\u001b[2J\u202eb", flag: "6" })), (error: { detail?: string }) => {
    assert.doesNotMatch(error.detail ?? "", /[\p{C}]/u);
    return true;
  });
});
