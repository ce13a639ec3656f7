import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { extract, pack, type Header } from "tar-stream";
import { packContext } from "./pack-context.ts";
import { repackContext, type ContextSummary } from "./repack-context.ts";
import { chunked, collect, END, pax, raw, sha256, tarOf, type RawEntry } from "./test-tar.ts";
import { withDockerfile } from "./with-dockerfile.ts";

const LIMITS = { maxBytes: 10_000_000, maxEntries: 1000, maxPathBytes: 1024, dockerfile: "Dockerfile", maxDockerfileBytes: 10_000 };
const DOCKERFILE: RawEntry = { name: "Dockerfile", body: "FROM a\n" };

async function repack(tar: Uint8Array, limits: Partial<typeof LIMITS> = {}, chunkBytes?: number): Promise<{ tar: Buffer; summary: ContextSummary }> {
  const packing = repackContext(chunked(tar, chunkBytes), { ...LIMITS, ...limits });
  return { tar: await collect(packing.tar), summary: await packing.summary };
}

async function list(tar: Uint8Array): Promise<(Header & { body: string })[]> {
  const reader = extract();
  reader.end(tar);
  const found: (Header & { body: string })[] = [];
  for await (const entry of reader) found.push({ ...entry.header, body: (await collect(entry as AsyncIterable<Uint8Array>)).toString("latin1") });
  return found;
}

const names = async (tar: Uint8Array): Promise<string[]> => (await list(tar)).map(({ name }) => name);

const long = "d/".repeat(60) + "x";
const REFUSED: [title: string, tar: Uint8Array, code: string, detail?: RegExp][] = [
  ["an empty body", Buffer.alloc(0), "context_invalid", /empty/],
  ["garbage", Buffer.from("x".repeat(5000)), "context_invalid", /not a tar/],
  ["a short body", Buffer.from("hello"), "context_invalid", /not a tar/],
  ["bzip2", Buffer.from("BZh91AY&SY"), "context_invalid", /bzip2/],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "context_invalid", /xz/],
  ["zip", Buffer.from("PK\x03\x04"), "context_invalid", /zip/],
  ["gzip in gzip", gzipSync(gzipSync(tarOf(DOCKERFILE))), "context_invalid"],
  ["damaged gzip", gzipSync(tarOf(DOCKERFILE)).map((byte, i, all) => (i === all.length - 6 ? byte ^ 1 : byte)), "context_invalid", /damaged gzip/],
  ["a truncated gzip", gzipSync(tarOf(DOCKERFILE)).subarray(0, -9), "context_truncated"],
  ["a truncated zstd", zstdCompressSync(tarOf(DOCKERFILE)).subarray(0, -5), "context_truncated"],
  ["a tar cut in a header", tarOf(DOCKERFILE, { name: "x" }).subarray(0, 1024 + 100), "context_truncated", /"Dockerfile"/],
  ["a tar cut in a body", tarOf(DOCKERFILE, { name: "x", body: "y".repeat(2000) }).subarray(0, 2000), "context_truncated", /"x"/],
  ["a tar cut in the padding", tarOf(DOCKERFILE).subarray(0, 530), "context_truncated"],
  ["a tar cut between entries", raw(DOCKERFILE), "context_truncated"],
  ["a tar whose body ends in zeros and that has no end", raw({ ...DOCKERFILE, body: Buffer.alloc(1024) }), "context_truncated"],
  ["a damaged second header", Buffer.concat([raw(DOCKERFILE), Buffer.alloc(512, 1), END]), "context_invalid", /after entry "Dockerfile"/],
  ["a lone zero block in the middle", Buffer.concat([raw(DOCKERFILE), Buffer.alloc(512), raw({ name: "x" }), END]), "context_invalid"],
  ["no Dockerfile", tarOf({ name: "x" }), "dockerfile_missing", /"Dockerfile"/],
  ["nothing in it", END, "dockerfile_missing"],
  ["a FIFO as Dockerfile", tarOf({ name: "Dockerfile", flag: "6" }), "dockerfile_invalid", /fifo/],
  ["a symlink as Dockerfile", tarOf({ name: "x" }, { name: "./Dockerfile", flag: "2", linkName: "x" }), "dockerfile_invalid", /symlink/],
  ["a hard link as Dockerfile", tarOf({ name: "x" }, { name: "Dockerfile", flag: "1", linkName: "x" }), "dockerfile_invalid"],
  ["a directory as Dockerfile", tarOf({ name: "Dockerfile/", flag: "5" }), "dockerfile_invalid"],
  ["a device as Dockerfile", tarOf({ name: "Dockerfile", flag: "3" }), "dockerfile_invalid"],
  ["a Dockerfile that is not UTF-8", tarOf({ name: "Dockerfile", body: Buffer.from([0x46, 0xff]) }), "dockerfile_invalid", /UTF-8/],
  ["a Dockerfile that is too large", tarOf({ name: "Dockerfile", body: "#".repeat(10_001) }), "dockerfile_invalid", /10001/],
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
  ["a GNU long name that climbs", tarOf({ name: "././@LongLink", flag: "L", body: "../x\0" }, { name: "x" }), "context_entry_refused"],
  ["a PAX path with a NUL", tarOf(pax({ path: "a\0b" }), { name: "x" }), "context_invalid"],
  ["a PAX link path out", tarOf(pax({ linkpath: "../x" }), { name: "l", flag: "2", linkName: "ok" }), "context_entry_refused", /outside/],
  ["two PAX headers", tarOf(pax({ path: "a" }), pax({ path: "b" }), { name: "x" }), "context_invalid"],
  ["a global PAX path", tarOf(pax({ path: "a" }, "g"), { name: "x" }), "context_invalid"],
  ["a PAX record with a wrong length", tarOf({ name: "p", flag: "x", body: "99 path=a\n" }, { name: "x" }), "context_invalid"],
  ["a PAX record with a negative length", tarOf({ name: "p", flag: "x", body: "-9 path=a\n" }, { name: "x" }), "context_invalid"],
  ["a PAX header of nothing", tarOf(pax({ path: "a" })), "context_invalid"],
  ["a PAX header of 4 GiB", tarOf({ name: "p", flag: "x", sizeBytes: 2 ** 32 }), "context_invalid"],
  ["a negative size", tarOf({ name: "x", sizeField: Buffer.alloc(12, 0xff) }), "context_invalid"],
  ["a size of 1 TiB", tarOf({ name: "x", sizeBytes: 0, sizeField: Buffer.from([0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]) }), "context_too_large"],
  ["a PAX size of 1 TiB", tarOf(pax({ size: "1099511627776" }), { name: "x" }), "context_too_large"],
  ["a name that is not UTF-8", Buffer.from(tarOf({ name: "X" }).toString("latin1").replace("X", "\xff").replace("ustar", "ustar"), "latin1"), "context_invalid"],
  ["a path that is too deep", tarOf({ name: "d/".repeat(49) }, pax({ path: "e/".repeat(150) + "x" }), { name: "x" }), "context_entry_refused", /deeper/],
  ["a path that is too long", tarOf(pax({ path: `${"p".repeat(200)}/`.repeat(6) + "x" }), { name: "x" }), "context_entry_refused", /longer/],
  ["a name that is too long", tarOf(pax({ path: "p".repeat(256) }), { name: "x" }), "context_entry_refused", /255/],
  ["an empty name", tarOf({ name: "" }), "context_entry_refused"],
  ["the root as a symlink", tarOf({ name: "./", flag: "2", linkName: "/etc" }), "context_entry_refused"],
  ["a symlink out", tarOf({ name: "l", flag: "2", linkName: "../x" }), "context_entry_refused", /"l".*outside/],
  ["a deep symlink out", tarOf({ name: "a/b/l", flag: "2", linkName: "../../../x" }), "context_entry_refused"],
  ["a symlink out and in again", tarOf({ name: "a/l", flag: "2", linkName: "../../ctx/x" }), "context_entry_refused"],
  ["an absolute symlink", tarOf({ name: "l", flag: "2", linkName: "/etc/passwd" }), "context_entry_refused", /RUN ln -s/],
  ["a symlink to nothing", tarOf({ name: "l", flag: "2" }), "context_entry_refused"],
  ["a hard link out", tarOf({ name: "l", flag: "1", linkName: "../x" }), "context_entry_refused", /outside/],
  ["an absolute hard link", tarOf({ name: "l", flag: "1", linkName: "/etc/passwd" }), "context_entry_refused"],
  ["a hard link to what never came", tarOf({ name: "l", flag: "1", linkName: "x" }), "context_entry_refused"],
  ["a hard link to a symlink", tarOf({ name: "s", flag: "2", linkName: "x" }, { name: "l", flag: "1", linkName: "s" }), "context_entry_refused"],
  ["a child of a symlink", tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d/x" }), "context_entry_refused", /below "d"/],
  ["a grandchild of a symlink", tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d/x/y/z" }), "context_entry_refused"],
  ["a child of a file", tarOf({ name: "d" }, { name: "d/x" }), "context_entry_refused"],
  ["a symlink over a directory", tarOf({ name: "d/x" }, { name: "d", flag: "2", linkName: "e" }), "context_entry_refused", /twice/],
  ["a directory over a symlink", tarOf({ name: "d", flag: "2", linkName: "e" }, { name: "d", flag: "5" }), "context_entry_refused"],
  ["a file twice", tarOf({ name: "x" }, { name: "./x" }), "context_entry_refused", /twice/],
  ["the Dockerfile twice", tarOf(DOCKERFILE, { name: ".//Dockerfile", body: "FROM b" }), "context_entry_refused", /twice/],
  ["too many entries", tarOf(...Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}` }))), "context_too_large", /1000 entries/],
  ["one directory too often", tarOf(...Array.from({ length: 1001 }, () => ({ name: "d", flag: "5" }))), "context_too_large"],
  ["too many implied directories", tarOf(...Array.from({ length: 60 }, (_, i) => ({ name: `${i}/${"d/".repeat(20)}x` }))), "context_too_large"],
];

for (const [title, tar, code, detail] of REFUSED) {
  test(`a context with ${title} is refused as ${code}`, async () => {
    for (const chunkBytes of [tar.length || 1, 100]) {
      await assert.rejects(repack(tar, {}, chunkBytes), (error: { code?: string; detail?: string }) => {
        assert.equal(error.code, code, String(error));
        if (detail !== undefined) assert.match(error.detail ?? "", detail);
        return true;
      });
    }
  });
}

test("the summary fails with the tar, and without a second unhandled rejection", async () => {
  const packing = repackContext(chunked(Buffer.from("x")), LIMITS);
  await assert.rejects(collect(packing.tar), { code: "context_invalid" });
  await assert.rejects(packing.summary, { code: "context_invalid" });
});

test("names in reasons are cut and free of control characters", async () => {
  await assert.rejects(repack(tarOf({ name: "a\n\u001b[2J\u202eb", flag: "6" })), (error: { detail?: string }) => {
    assert.doesNotMatch(error.detail ?? "", /[\p{C}]/u);
    return true;
  });
});

test("a gzip bomb is left after little more than what is allowed, and its source let go", async () => {
  const bomb = gzipSync(Buffer.concat([raw({ name: "x", sizeBytes: 2 ** 28 }), Buffer.alloc(2 ** 28)]));
  let readBytes = 0;
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < bomb.length; at += 1024) {
        readBytes += 1024;
        yield bomb.subarray(at, at + 1024);
      }
    } finally {
      closed = true;
    }
  }
  const limits = { ...LIMITS, maxBytes: 2 ** 20 };
  await assert.rejects(collect(repackContext(source(), limits).tar), { code: "context_too_large" });
  await assert.rejects(collect(repackContext(source(), { ...limits, maxBytes: 2 ** 27 }).tar), { code: "context_too_large" });
  await new Promise(setImmediate);
  assert.ok(readBytes < bomb.length / 2 + 200_000, `${readBytes} of ${bomb.length}`);
  assert.equal(closed, true);
});

test("the source is let go when the reader stops, and the summary says so", async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield raw({ name: "big", body: "x".repeat(200_000) });
      for (;;) yield Buffer.alloc(512);
    } finally {
      closed = true;
    }
  }
  const { tar, summary } = repackContext(source(), LIMITS);
  for await (const chunk of tar) if (chunk.length > 0) break;
  await assert.rejects(summary, /not read to its end/);
  await new Promise(setImmediate);
  assert.equal(closed, true);
});

test("a failing source fails the tar with its own error", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield gzipSync(tarOf(DOCKERFILE)).subarray(0, 20);
    throw new Error("connection lost");
  }
  await assert.rejects(collect(repackContext(source(), LIMITS).tar), /connection lost/);
});

test("100,000 small files pass in bounded time and memory", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield raw(DOCKERFILE);
    for (let i = 0; i < 100_000; i++) yield raw({ name: `d${i % 100}/f${i}`, body: "x" });
    yield END;
  }
  const started = performance.now();
  const { tar, summary } = repackContext(source(), { ...LIMITS, maxBytes: 200_000_000, maxEntries: 110_000 });
  let sizeBytes = 0;
  for await (const chunk of tar) sizeBytes += chunk.length;
  assert.equal((await summary).entries, 100_001);
  assert.equal((await summary).sizeBytes, sizeBytes);
  assert.ok(performance.now() - started < 20_000);
});

test("headers are made uniform: no owner, no set-uid bit, paths without ./", async () => {
  const { tar } = await repack(tarOf({ name: "./", flag: "5" }, DOCKERFILE, { name: "./bin//su", mode: 0o106755, uid: 7 }, { name: "t/", flag: "5", mode: 0o41777 }, { name: "none", mode: 0 }));
  const [dockerfile, su, t, none] = await list(tar);
  assert.deepEqual([su?.name, su?.mode, su?.uid, su?.gid, su?.uname], ["bin/su", 0o755, 0, 0, ""]);
  assert.deepEqual([t?.type, t?.mode], ["directory", 0o1777]);
  assert.equal(none?.mode, 0);
  assert.equal(dockerfile?.mtime?.getTime(), 1_700_000_000_000);
});

test("links that stay inside are kept", async () => {
  const { tar } = await repack(tarOf(DOCKERFILE, { name: "a/b/l", flag: "2", linkName: "../../x/./y" }, { name: "h", flag: "1", linkName: "./Dockerfile" }));
  const found = await list(tar);
  assert.deepEqual(found.map(({ type, linkname }) => [type, linkname]), [["file", null], ["symlink", "../../x/./y"], ["link", "Dockerfile"]]);
});

test("a Dockerfile elsewhere is found, its text returned without byte order mark, its bytes passed on", async () => {
  const { tar, summary } = await repack(tarOf({ name: "x/Dockerfile.dev", body: "\ufeffFROM a" }), { dockerfile: "./x/Dockerfile.dev" });
  assert.equal(summary.dockerfile, "FROM a");
  assert.equal(Buffer.from((await list(tar))[0]?.body ?? "", "latin1").toString("utf8"), "\ufeffFROM a");
});

test("git's global header, vendors' PAX records, long names and an archive without magic are taken", async () => {
  const gnu = { name: "././@LongLink", flag: "L", body: `${long}\0` };
  const old = raw({ name: "old" });
  old.fill(0, 257, 265);
  const sum = old.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  old.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const tar = Buffer.concat([
    tarOf(pax({ comment: "deadbeef" }, "g"), DOCKERFILE, pax({ "LIBARCHIVE.xattr.com.apple.x": "\0\u00ff", mtime: "1700000000.5" }), { name: "mac" }, gnu, { name: "cut" }).subarray(0, -1024),
    old,
    END,
    Buffer.alloc(8192),
  ]);
  const repacked = await repack(tar);
  assert.deepEqual(await names(repacked.tar), ["Dockerfile", "mac", long, "old"]);
});

test("what follows the end of the archive is not passed on", async () => {
  const { tar } = await repack(Buffer.concat([tarOf(DOCKERFILE), tarOf({ name: "hidden" })]));
  assert.deepEqual(await names(tar), ["Dockerfile"]);
});

test("plain, gzip and zstd uploads make the same tar, whatever the chunks", async () => {
  const tar = tarOf(DOCKERFILE, { name: "a", body: "x".repeat(5000) });
  const first = await repack(tar);
  assert.equal(first.summary.digest, `sha256:${sha256(first.tar)}`);
  for (const upload of [tar, gzipSync(tar), zstdCompressSync(tar)]) {
    for (const chunkBytes of [1, 7, 512, 100_000]) assert.deepEqual((await repack(upload, {}, chunkBytes)).tar, first.tar);
  }
  assert.deepEqual((await repack(first.tar)).tar, first.tar);
});

test("the system's tar and Python's read what we write as we meant it, and we read what they write", async () => {
  const deep = `${"ä".repeat(60)}/${"n".repeat(120)}`;
  const { tar } = await packed({ Dockerfile: "FROM a", [deep]: "x", "a b/c\nd": "y" });
  const listed = execFileSync("tar", ["-t", "--quoting-style=literal"], { input: tar, env: { ...process.env, LC_ALL: "C.UTF-8" } }).toString();
  assert.deepEqual(listed.split("\n").filter((line) => line !== ""), ["Dockerfile", "a b/", "a b/c", "d", `${"ä".repeat(60)}/`, deep]);
  for (const format of ["gnu", "pax", "ustar", "v7"]) {
    const made = execFileSync("tar", ["-c", `--format=${format}`, "--exclude=*.test.ts", "-C", import.meta.dirname, "."], { maxBuffer: 1e8 });
    const repacked = await repack(made, { dockerfile: "error.ts", maxDockerfileBytes: 1e6 });
    assert.ok((await names(repacked.tar)).includes("read-tar.ts"), format);
  }
});

async function packed(files: Record<string, string>): Promise<{ tar: Buffer; summary: ContextSummary }> {
  const bytes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
  const packing = packContext(bytes, LIMITS);
  return { tar: await collect(packing.tar), summary: await packing.summary };
}

test("inline files are packed in one order, scripts executable, under the same rules", async () => {
  const one = await packed({ "z/run.sh": "#!/bin/sh", Dockerfile: "FROM a", "./a": "1" });
  const two = await packed({ a: "1", Dockerfile: "FROM a", "z/run.sh": "#!/bin/sh" });
  assert.deepEqual(one, two);
  assert.deepEqual((await list(one.tar)).map(({ name, mode }) => [name, mode]), [["Dockerfile", 0o644], ["a", 0o644], ["z/", 0o755], ["z/run.sh", 0o755]]);
  await assert.rejects(packed({ Dockerfile: "FROM a", "../x": "" }), { code: "context_entry_refused" });
  await assert.rejects(packed({ Dockerfile: "FROM a", x: "", "x/y": "" }), { code: "context_entry_refused" });
  await assert.rejects(packed({ a: "" }), { code: "dockerfile_missing" });
});

test("another Dockerfile goes beside the user's, under a name that the context excludes", async () => {
  for (const ignore of [[], [{ name: ".dockerignore", body: "!*" }]]) {
    const { tar } = await repack(tarOf(DOCKERFILE, { name: "d", flag: "5" }, { name: "l", flag: "2", linkName: "d" }, ...ignore));
    const replaced = withDockerfile(chunked(tar), "FROM pinned\n");
    const found = new Map((await list(await collect(replaced.tar))).map((entry) => [entry.name, entry]));
    assert.equal(found.get("Dockerfile")?.body, "FROM a\n");
    assert.equal(found.get(replaced.dockerfile)?.body, "FROM pinned\n");
    assert.match(found.get(".dockerignore")?.body ?? "", new RegExp(`^${ignore.length > 0 ? "!\\*" : "\\.dockerignore"}\n${replaced.dockerfile}\n$`));
    assert.equal(found.get("l")?.linkname, "d");
  }
});

test("any tree of files comes through with its contents, the same each time", async () => {
  const component = fc.stringMatching(/^[a-zA-Zä0-9_. -]{1,40}$/).filter((name) => name !== "." && name !== "..");
  const path = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(path, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 8 }), fc.integer({ min: 1, max: 3000 }), async (files, chunkBytes) => {
      const paths = Object.keys(files);
      fc.pre(!paths.some((a) => a === "Dockerfile" || a.startsWith("Dockerfile/") || paths.some((b) => b.startsWith(`${a}/`))));
      const writer = pack();
      for (const [name, body] of Object.entries(files)) writer.entry({ name, mtime: new Date(0) }, Buffer.from(body));
      writer.entry({ name: "Dockerfile" }, "FROM a");
      writer.finalize();
      const upload = await collect(writer as AsyncIterable<Buffer>);
      const { tar, summary } = await repack(upload, {}, chunkBytes);
      const contents = Object.fromEntries((await list(tar)).map(({ name, body }) => [name, body]));
      const expected = Object.entries(files).map(([name, body]) => [name, Buffer.from(body).toString("latin1")]);
      assert.deepEqual(contents, { ...Object.fromEntries(expected), Dockerfile: "FROM a" });
      assert.equal(summary.entries, paths.length + 1);
      assert.deepEqual((await repack(upload)).tar, tar);
    }),
    { numRuns: 200 },
  );
});

test("a damaged tar is refused with a reason or passes as another valid tar, and never hangs or crashes", async () => {
  const tar = tarOf(DOCKERFILE, pax({ path: "long" }), { name: "a", body: "x".repeat(600) }, { name: "l", flag: "2", linkName: "a" });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(tar.length), async (changes, cut) => {
      const damaged = Buffer.from(tar);
      for (const [at, value] of changes) damaged[at] = value;
      try {
        const { tar: output } = await repack(damaged.subarray(0, changes.length % 2 === 0 ? cut : undefined));
        assert.deepEqual((await repack(output)).tar, output);
      } catch (error) {
        assert.match(String((error as { code?: string }).code), /^(context|dockerfile)_/, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
