import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { packContext } from "./pack-context.ts";
import type { ContextSummary } from "./repack-context.ts";
import { chunked, collect, DOCKERFILE, END, LIMITS, list, names, pax, raw, repack, sha256, tarOf } from "./test-tar.ts";
import { withDockerfile } from "./with-dockerfile.ts";

const long = "d/".repeat(60) + "x";
test("headers are made uniform: no owner, no set-uid bit, paths without ./", async () => {
  const { tar } = await repack(
    tarOf(
      { name: "./", flag: "5" },
      DOCKERFILE,
      { name: "./bin//su", mode: 0o106755, uid: 7 },
      { name: "t/", flag: "5", mode: 0o41777 },
      { name: "none", mode: 0 },
    ),
  );
  const [dockerfile, su, t, none] = await list(tar);
  assert.deepEqual([su?.name, su?.mode, su?.uid, su?.gid, su?.uname], ["bin/su", 0o755, 0, 0, ""]);
  assert.deepEqual([t?.type, t?.mode], ["directory", 0o1777]);
  assert.equal(none?.mode, 0);
  assert.equal(dockerfile?.mtime?.getTime(), 1_700_000_000_000);
});

test("links that stay inside are kept", async () => {
  const { tar } = await repack(
    tarOf(
      DOCKERFILE,
      { name: "a/b/l", flag: "2", linkName: "../../x/./y" },
      { name: "h", flag: "1", linkName: "./Dockerfile" },
    ),
  );
  const found = await list(tar);
  assert.deepEqual(
    found.map(({ type, linkname }) => [type, linkname]),
    [
      ["file", null],
      ["symlink", "../../x/./y"],
      ["link", "Dockerfile"],
    ],
  );
});

test("a Dockerfile elsewhere is found, its text returned without byte order mark, its bytes passed on", async () => {
  const { tar, summary } = await repack(tarOf({ name: "x/Dockerfile.dev", body: "\ufeffFROM a" }), {
    dockerfile: "./x/Dockerfile.dev",
  });
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
    tarOf(
      pax({ comment: "deadbeef" }, "g"),
      DOCKERFILE,
      pax({ "LIBARCHIVE.xattr.com.apple.x": "\0\u00ff", mtime: "1700000000.5" }),
      { name: "mac" },
      gnu,
      { name: "cut" },
    ).subarray(0, -1024),
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
    for (const chunkBytes of [1, 7, 512, 100_000])
      assert.deepEqual((await repack(upload, {}, chunkBytes)).tar, first.tar);
  }
  assert.deepEqual((await repack(first.tar)).tar, first.tar);
});

test("the dockerfile parameter names a path inside the context", async () => {
  for (const dockerfile of ["../Dockerfile", "/Dockerfile", "", "missing"]) {
    await assert.rejects(repack(tarOf(DOCKERFILE), { dockerfile }), { code: "dockerfile_missing" });
  }
});

test("the system's tar reads what we write as we meant it, and we read what they write", async () => {
  const deep = `${"ä".repeat(60)}/${"n".repeat(120)}`;
  const { tar } = await packed({ Dockerfile: "FROM a", [deep]: "x", "a b/c\nd": "y" });
  const listed = execFileSync("tar", ["-t", "--quoting-style=literal"], {
    input: tar,
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  }).toString();
  assert.deepEqual(
    listed.split("\n").filter((line) => line !== ""),
    ["Dockerfile", "a b/", "a b/c", "d", `${"ä".repeat(60)}/`, deep],
  );
  for (const format of ["gnu", "pax", "ustar", "v7"]) {
    const made = execFileSync(
      "tar",
      ["-c", `--format=${format}`, "--exclude=*.test.ts", "-C", import.meta.dirname, "."],
      { maxBuffer: 1e8 },
    );
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
  assert.deepEqual(
    (await list(one.tar)).map(({ name, mode }) => [name, mode]),
    [
      ["Dockerfile", 0o644],
      ["a", 0o644],
      ["z/", 0o755],
      ["z/run.sh", 0o755],
    ],
  );
  await assert.rejects(packed({ Dockerfile: "FROM a", "../x": "" }), { code: "context_entry_refused" });
  await assert.rejects(packed({ Dockerfile: "FROM a", x: "", "x/y": "" }), { code: "context_entry_refused" });
  await assert.rejects(packed({ a: "" }), { code: "dockerfile_missing" });
});

test("another Dockerfile goes beside the user's, under a name that the context excludes", async () => {
  for (const ignore of [[], [{ name: ".dockerignore", body: "!*" }]]) {
    const { tar } = await repack(
      tarOf(DOCKERFILE, { name: "d", flag: "5" }, { name: "l", flag: "2", linkName: "d" }, ...ignore),
    );
    const replaced = withDockerfile(chunked(tar), { text: "FROM pinned\n", own: "Dockerfile" });
    const found = new Map((await list(await collect(replaced.tar))).map((entry) => [entry.name, entry]));
    assert.equal(found.get("Dockerfile")?.body, "FROM a\n");
    assert.equal(found.get(replaced.dockerfile)?.body, "FROM pinned\n");
    assert.match(
      found.get(".dockerignore")?.body ?? "",
      new RegExp(`^${ignore.length > 0 ? "!\\*" : "\\.dockerignore"}\n${replaced.dockerfile}\n$`),
    );
    assert.equal(found.get("l")?.linkname, "d");
  }
});

test("a Dockerfile that was only sent along is left out", async () => {
  const own = ".dockerfile.00ff";
  const { tar } = await repack(tarOf({ name: own, body: "FROM a\n" }, { name: "x", body: "y" }), { dockerfile: own });
  const replaced = withDockerfile(chunked(tar), { text: "FROM pinned\n", own });
  const kept = (await list(await collect(replaced.tar))).map(({ name }) => name);
  assert.deepEqual(kept, ["x", ".dockerignore", replaced.dockerfile]);
});

test("any tree of files comes through with its contents, the same each time", async () => {
  const component = fc.stringMatching(/^[a-zA-Zä0-9_. -]{1,40}$/).filter((name) => name !== "." && name !== "..");
  const path = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(path, fc.uint8Array({ maxLength: 1500 }), { maxKeys: 8 }),
      fc.integer({ min: 1, max: 3000 }),
      async (files, chunkBytes) => {
        const paths = Object.keys(files);
        fc.pre(
          !paths.some(
            (a) => a === "Dockerfile" || a.startsWith("Dockerfile/") || paths.some((b) => b.startsWith(`${a}/`)),
          ),
        );
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
      },
    ),
    { numRuns: 200 },
  );
});

test("a damaged tar is refused with a reason or passes as another valid tar, and never hangs or crashes", async () => {
  const tar = tarOf(
    DOCKERFILE,
    pax({ path: "long" }),
    { name: "a", body: "x".repeat(600) },
    { name: "l", flag: "2", linkName: "a" },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      fc.nat(tar.length),
      async (changes, cut) => {
        const damaged = Buffer.from(tar);
        for (const [at, value] of changes) damaged[at] = value;
        try {
          const { tar: output } = await repack(damaged.subarray(0, changes.length % 2 === 0 ? cut : undefined));
          assert.deepEqual((await repack(output)).tar, output);
        } catch (error) {
          assert.match(String((error as { code?: string }).code), /^(context|dockerfile)_/, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});
