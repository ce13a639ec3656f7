import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Header } from "tar-stream";
import type { Packing } from "./packing.ts";
import { repackDockerArchive } from "./repack-docker-archive.ts";
import { repackImage, sniffArchive } from "./repack-image.ts";
import { repackRootfs } from "./repack-rootfs.ts";
import { chunked, collect, END, list, pax, raw, sha256, tarOf, type RawEntry } from "./test-tar.ts";

const LIMITS = { maxBytes: 5_000_000, maxEntries: 1000, maxPathBytes: 1024 };

async function settle<Summary>(
  packing: Packing<Summary>,
): Promise<{ found: (Header & { body: string })[]; tar: Buffer; summary: Summary }> {
  const tar = await collect(packing.tar);
  return { found: await list(tar), tar, summary: await packing.summary };
}
const rootfs = (tar: Uint8Array) => settle(repackRootfs(chunked(tar, 300), LIMITS));
const archive = (tar: Uint8Array, limits = LIMITS) => settle(repackDockerArchive(chunked(tar, 3000), limits));

test("a root file system keeps owners, modes and set-uid bits, and loses devices, FIFOs and extended attributes", async () => {
  const { found, summary } = await rootfs(
    tarOf(
      { name: "./", flag: "5", mode: 0o755 },
      pax({ "SCHILY.xattr.security.capability": "\x01\0" }),
      { name: "./usr/bin/su", mode: 0o4755, uid: 0, gid: 12 },
      { name: "/etc/abs", flag: "2", linkName: "/usr/bin/su" },
      { name: "lib", flag: "2", linkName: "../../../usr/lib" },
      { name: "dev/null", flag: "3" },
      { name: "dev/null2", flag: "1", linkName: "dev/null" },
      { name: "run/fifo", flag: "6" },
      { name: "sulink", flag: "1", linkName: "./usr/bin/su" },
    ),
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    ["usr/bin/su", "etc/abs", "lib", "sulink"],
  );
  assert.deepEqual([found[0]?.mode, found[0]?.uid, found[0]?.gid, found[0]?.pax], [0o4755, 0, 12, null]);
  assert.equal(found[1]?.linkname, "/usr/bin/su");
  assert.deepEqual([summary.entries, summary.dropped], [4, 3]);
});

test("owners above 2,097,151, files above 8 GiB and times after 2038 are written as they are", async () => {
  const { tar, found } = await rootfs(
    tarOf(pax({ uid: "3000000", gid: "2147483648" }), { name: "x", mtimeSeconds: 4_000_000_000 }),
  );
  const listed = execFileSync("tar", ["-tv", "--numeric-owner"], { input: tar, env: { TZ: "UTC" } }).toString();
  assert.match(listed, /3000000\/2147483648 +0 2096-10-02 07:06 x/);
  assert.equal(found.length, 1);
});

const BAD_ROOTFS: [title: string, tar: Uint8Array, code?: string][] = [
  ["a climbing path", tarOf({ name: "../x" })],
  ["a hard link out", tarOf({ name: "l", flag: "1", linkName: "../../etc/shadow" })],
  ["a hard link to nothing", tarOf({ name: "l", flag: "1", linkName: "/etc/shadow" })],
  ["a child of a symlink", tarOf({ name: "d", flag: "2", linkName: "/" }, { name: "d/etc/passwd" })],
  ["a child of a device", tarOf({ name: "d", flag: "3" }, { name: "d/x" })],
  ["a duplicate", tarOf({ name: "x" }, { name: "/x" })],
  ["a sparse file", tarOf({ name: "x", flag: "S" })],
  ["nothing", END],
  ["no end", raw({ name: "x" })],
  ["garbage", Buffer.from("no")],
  ["too much", tarOf({ name: "x", sizeBytes: 6_000_000 }), "context_too_large"],
  [
    "too many entries",
    tarOf(...Array.from({ length: 1001 }, (_, i) => ({ name: `c${i}`, flag: "3" }))),
    "context_too_large",
  ],
];
for (const [title, tar, code] of BAD_ROOTFS) {
  test(`a root file system with ${title} is refused`, async () => {
    await assert.rejects(rootfs(tar), { code: code ?? "archive_invalid" });
  });
}

const LAYER = tarOf({ name: "file", body: "one" });
const LAYER2 = tarOf({ name: "file2", body: "two" });
const A = "a".repeat(64);
const B = "b".repeat(64);
const config = (...layers: Uint8Array[]): string =>
  JSON.stringify({
    os: "linux",
    rootfs: { type: "layers", diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
  });
const manifest = (layers: string[], name: string, tags: string[] | null = ["victim:latest"]): RawEntry => ({
  name: "manifest.json",
  body: JSON.stringify([{ Config: name, RepoTags: tags, Layers: layers, Parent: "sha256:x" }]),
});

function saved(layer: RawEntry, text = config(LAYER), ...more: RawEntry[]): Buffer {
  const name = `${sha256(text)}.json`;
  return tarOf(layer, { name, body: text }, ...more, manifest([layer.name], name), {
    name: "repositories",
    body: '{"victim":{"latest":"x"}}',
  });
}

test("an archive of docker save loses its tags and all that could move one", async () => {
  const { found, summary } = await archive(
    saved(
      { name: `${A}/layer.tar`, body: LAYER },
      config(LAYER),
      { name: `${A}/`, flag: "5" },
      { name: `${A}/json`, body: "{}" },
      { name: `${A}/VERSION`, body: "1.0" },
    ),
  );
  const name = `${sha256(config(LAYER))}.json`;
  assert.deepEqual(
    found.map((entry) => entry.name),
    [`${A}/layer.tar`, name, "manifest.json"],
  );
  assert.deepEqual(JSON.parse(found.at(-1)?.body ?? ""), [
    { Config: name, RepoTags: null, Layers: [`${A}/layer.tar`] },
  ]);
  assert.deepEqual(
    [summary.images, summary.repoTags, summary.imageIds],
    [1, [["victim:latest"]], [`sha256:${sha256(config(LAYER))}`]],
  );
});

test("an OCI layout with a manifest.json, with layers compressed or not, is taken", async () => {
  for (const layer of [LAYER, gzipSync(LAYER), zstdCompressSync(LAYER)]) {
    const blob = `blobs/sha256/${sha256(layer)}`;
    const text = config(LAYER);
    const tar = tarOf(
      { name: "blobs/", flag: "5" },
      { name: blob, body: layer },
      { name: `blobs/sha256/${sha256(text)}`, body: text },
      { name: "index.json", body: "{}" },
      manifest([blob], `blobs/sha256/${sha256(text)}`, null),
      { name: "oci-layout", body: "{}" },
    );
    const { found, summary } = await archive(tar);
    assert.deepEqual(
      found.map(({ name }) => name),
      [blob, `blobs/sha256/${sha256(text)}`, "manifest.json"],
    );
    assert.deepEqual(summary.repoTags, [[]]);
  }
});

test("a layer that another layer's directory links to is named directly", async () => {
  const text = config(LAYER, LAYER);
  const tar = tarOf(
    { name: `${B}/layer.tar`, flag: "2", linkName: `../${A}/layer.tar` },
    { name: `${A}/layer.tar`, body: LAYER },
    { name: `${A}.json`, body: text },
    manifest([`${A}/layer.tar`, `${B}/layer.tar`], `${A}.json`),
  );
  const { found } = await archive(tar);
  assert.ok(found.every(({ type }) => type === "file"));
  assert.deepEqual(JSON.parse(found.at(-1)?.body ?? "")[0].Layers, [`${A}/layer.tar`, `${A}/layer.tar`]);
});

const layer = { name: `${A}/layer.tar`, body: LAYER };
const twin = (key: string): string =>
  JSON.stringify({ rootfs: JSON.parse(config(LAYER)).rootfs, [key]: { diff_ids: [`sha256:${B}`] } });
const BAD_ARCHIVES: [title: string, tar: Uint8Array, code?: string][] = [
  ["no manifest.json", tarOf(layer, { name: `${A}.json`, body: config(LAYER) })],
  ["a manifest.json that is no JSON", tarOf(layer, { name: "manifest.json", body: "{" })],
  ["a manifest.json that lists nothing", tarOf(layer, { name: "manifest.json", body: "[]" })],
  ["a manifest.json without layers", tarOf(layer, { name: "manifest.json", body: '[{"Config":"x"}]' })],
  ["a manifest.json of 2 MiB", tarOf({ name: "manifest.json", body: " ".repeat(2 ** 21) })],
  ["a configuration that is missing", tarOf(layer, manifest([layer.name], `${B}.json`))],
  ["a configuration outside", tarOf(layer, manifest([layer.name], "../../etc/passwd"))],
  ["a layer that is missing", saved({ name: `${A}/layer.tar`, body: LAYER }, config(LAYER, LAYER2))],
  ["a layer that is not what the configuration says", saved(layer, config(LAYER2))],
  ["a claim to a layer it does not hold", saved({ ...layer, body: "" }, config(LAYER))],
  ["a second spelling of rootfs", saved(layer, twin("RootFS"))],
  ["a second spelling of rootfs with a long s", saved(layer, twin("rootf\u017f"))],
  [
    "a second spelling of diff_ids",
    saved(layer, JSON.stringify({ rootfs: { diff_ids: [`sha256:${sha256(LAYER)}`], Diff_IDs: [B] } })),
  ],
  ["two manifests", tarOf(layer, { name: "manifest.json", body: "[]" }, { name: "manifest.json", body: "[]" })],
  ["another file", saved(layer, config(LAYER), { name: "etc/passwd", body: "x" })],
  ["a climbing entry", saved(layer, config(LAYER), { name: "../x", body: "x" })],
  ["a device", saved(layer, config(LAYER), { name: `${B}/layer.tar`, flag: "3" })],
  ["a hard link", saved(layer, config(LAYER), { name: `${B}/layer.tar`, flag: "1", linkName: layer.name })],
  [
    "a layer that links out",
    saved(layer, config(LAYER), { name: `${B}/layer.tar`, flag: "2", linkName: "../../etc/shadow" }),
  ],
  [
    "a layer that links to an absolute path",
    saved(layer, config(LAYER), { name: `${B}/layer.tar`, flag: "2", linkName: "/etc/shadow" }),
  ],
  ["a manifest.json that is a link", tarOf(layer, { name: "manifest.json", flag: "2", linkName: layer.name })],
  ["a layer compressed with bzip2", saved({ ...layer, body: "BZh91AY" })],
  ["a layer with damaged gzip", saved({ ...layer, body: gzipSync(LAYER).subarray(0, 50) })],
  ["a bomb as layer", saved({ ...layer, body: gzipSync(Buffer.alloc(50_000_000)) }), "context_too_large"],
  [
    "200 layers",
    tarOf(
      layer,
      manifest(
        Array.from({ length: 200 }, () => layer.name),
        `${A}.json`,
      ),
    ),
  ],
];
for (const [title, tar, code] of BAD_ARCHIVES) {
  test(`an image archive with ${title} is refused`, async () => {
    await assert.rejects(archive(tar), { code: code ?? "archive_invalid" });
  });
}

test("an import is told by its first entry", async () => {
  for (const name of [
    `${A}/`,
    `${A}.json`,
    `./${A}/layer.tar`,
    `sha256:${A}`,
    "blobs/",
    "blobs/sha256/",
    "manifest.json",
    "oci-layout",
  ])
    assert.equal(sniffArchive(name), "archive", name);
  for (const name of ["./bin/", "etc/passwd", "manifest.json5", "blobsx", "a/manifest.json", "./"])
    assert.equal(sniffArchive(name), "rootfs", name);
  const first = await repackImage(
    chunked(gzipSync(tarOf({ name: "./", flag: "5" }, { name: "./bin/sh", body: "x" }))),
    LIMITS,
  );
  assert.equal(first.kind, "rootfs");
  assert.equal((await collect(first.tar)).length, 512 * 4);
  assert.equal((await first.summary).entries, 1);
  const second = await repackImage(chunked(saved(layer)), LIMITS);
  assert.equal(second.kind, "archive");
  await collect(second.tar);
  assert.equal((await second.summary).sizeBytes > 1024, true);
  await assert.rejects(repackImage(chunked(Buffer.from("x")), LIMITS), { code: "archive_invalid" });
});
