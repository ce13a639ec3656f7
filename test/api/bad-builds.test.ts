import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { keepHouse } from "@hafen/core";
import { startWorld, type World } from "../support/index.ts";
import { ask, type Answer } from "./ask.ts";
import { tarOf } from "./tar.ts";

const CONTEXT_BYTES = 1024 * 1024;
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let made = 0;
before(async () => {
  world = await startWorld({
    env: {
      HAFEN_CONTEXT_BYTES: String(CONTEXT_BYTES),
      HAFEN_CONTEXT_ENTRIES: "500",
      HAFEN_IMAGE_BYTES: String(4 * CONTEXT_BYTES),
    },
  });
});
beforeEach(async () => {
  user = await world.user(`bad${++made}`);
});
after(() => world[Symbol.asyncDispose]());

type BuildAnswer = {
  id: string;
  state: string;
  code: string;
  detail: string;
  failure: { code: string; detail: string; exitCode?: number; step?: number; lastLines?: string[] } | null;
};
function upload(
  tar: Uint8Array | string,
  query = "",
  type = "application/x-tar",
  path = "/v1/builds",
): Promise<Answer<BuildAnswer>> {
  return ask(world.url, "POST", `${path}${query}`, {
    key: user.apiKey,
    body: tar as BodyInit,
    headers: { "content-type": type, prefer: "wait=120" },
  });
}
/** Rows and engine objects that a refused or failed request of this test's user could have left. */
async function leftovers(): Promise<object> {
  const { sql, db } = world.database;
  const { id: userId } = await user.me();
  await sql`update blobs set created_at = now() - interval '2 hours' where user_id = ${userId}`;
  await keepHouse(db);
  const [rows] = await sql<{ blobs: number; images: number; tags: number; open: number }[]>`
    select (select count(*)::int from blobs where user_id = ${userId}) as blobs,
           (select count(*)::int from images where user_id = ${userId}) as images,
           (select count(*)::int from image_tags where user_id = ${userId}) as tags,
           (select count(*)::int from builds where user_id = ${userId} and state in ('queued', 'running')) as open`;
  const containers = await world.engine.listContainers({ key: "hafen.user", value: userId });
  return { ...rows, containers: containers.length };
}
const NOTHING = { blobs: 0, images: 0, tags: 0, open: 0, containers: 0 };

const good = { Dockerfile: "FROM busybox\n" };
const random = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7919 + (i >> 8) * 31) & 0xff));

/** Refused before there is a build: what is sent, and the problem's code. */
const CONTEXTS: Record<
  string,
  [make: () => Promise<Uint8Array | string> | Uint8Array | string, status: number, code: string]
> = {
  "that is no tar": [
    () => "this is not a tar archive, but text long enough to be one block of it ".repeat(20),
    400,
    "context_invalid",
  ],
  "that is empty": [() => "", 400, "context_invalid"],
  "that is truncated in an entry": [
    async () => (await tarOf({ ...good, big: random(5000) })).subarray(0, 3000),
    400,
    "context_truncated",
  ],
  "that is gzip and truncated": [
    async () => gzipSync(await tarOf({ ...good, big: random(9000) })).subarray(0, 150),
    400,
    "context_truncated",
  ],
  "that is zstd and truncated": [
    async () => zstdCompressSync(await tarOf({ ...good, big: random(9000) })).subarray(0, 150),
    400,
    "context_truncated",
  ],
  "with an entry ../": [() => tarOf({ ...good, "../evil": "x" }), 400, "context_entry_refused"],
  "with ../ inside a path": [() => tarOf({ ...good, "a/../../evil": "x" }), 400, "context_entry_refused"],
  "with an absolute entry": [() => tarOf({ ...good, "/etc/evil": "x" }), 400, "context_entry_refused"],
  "with a hard link to outside": [
    () => tarOf({ ...good, l: { type: "link", linkname: "../../etc/passwd" } }),
    400,
    "context_entry_refused",
  ],
  "with a hard link to an absolute path": [
    () => tarOf({ ...good, l: { type: "link", linkname: "/etc/passwd" } }),
    400,
    "context_entry_refused",
  ],
  "with a file under a link that points outside": [
    () => tarOf({ ...good, d: { type: "symlink", linkname: "/etc" }, "d/evil": "x" }),
    400,
    "context_entry_refused",
  ],
  "with a device": [
    () => tarOf({ ...good, sda: { type: "block-device", devmajor: 8, devminor: 0 } }),
    400,
    "context_entry_refused",
  ],
  "with a FIFO for a Dockerfile": [() => tarOf({ Dockerfile: { type: "fifo" } }), 400, "dockerfile_invalid"],
  "without a Dockerfile": [() => tarOf({ other: "x" }), 400, "dockerfile_missing"],
  "whose Dockerfile is a directory": [() => tarOf({ Dockerfile: { type: "directory" } }), 400, "dockerfile_invalid"],
  "whose Dockerfile has a NUL": [() => tarOf({ Dockerfile: "FROM busybox\nRUN echo \0\n" }), 400, "dockerfile_invalid"],
  "over the size limit": [() => tarOf({ ...good, big: random(CONTEXT_BYTES + 1) }), 413, "context_too_large"],
  "over the size limit once unpacked": [
    async () => gzipSync(await tarOf({ ...good, big: Buffer.alloc(CONTEXT_BYTES * 2) })),
    413,
    "context_too_large",
  ],
  "with too many entries": [
    () => tarOf({ ...good, ...Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, ""])) }),
    413,
    "context_too_large",
  ],
};

describe("a build context", () => {
  for (const [what, [make, status, code]] of Object.entries(CONTEXTS)) {
    test(`${what} is refused with ${code}, and nothing of it is left`, async () => {
      const answer = await upload(await make());
      assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text);
      assert.match(answer.headers.get("content-type") ?? "", /problem\+json/);
      assert.ok(answer.body.detail.length > 10);
      assert.deepEqual(await leftovers(), NOTHING);
      assert.deepEqual((await user.builds.list()).items, []);
    });
  }

  test("with a symbolic link that points outside builds, and what it points to is the image's own", async () => {
    const answer = await upload(
      await tarOf({ Dockerfile: "FROM busybox\nCOPY . /c/\n", l: { type: "symlink", linkname: "/etc/hostname" } }),
    );
    if (answer.status === 400) assert.equal(answer.body.code, "context_entry_refused");
    else assert.equal(answer.body.state, "succeeded");
  });

  test("that breaks off in the middle of the upload leaves nothing", async () => {
    const tar = await tarOf({ ...good, big: random(500_000) });
    async function* broken() {
      yield tar.subarray(0, 100_000);
      throw new Error("the client dies");
    }
    await assert.rejects(user.builds.create(broken()));
    assert.deepEqual(await leftovers(), NOTHING);
  });
});

/** Accepted, and failed with a reason: the Dockerfile, and the failure's code. */
const DOCKERFILES: Record<string, [dockerfile: string, code: string, detail: RegExp]> = {
  "that is empty": ["", "dockerfile_invalid", /FROM/],
  "that is no Dockerfile": ["hello world\n", "dockerfile_invalid", /hello/i],
  "with an unknown instruction": ["FROM busybox\nRUNN echo\n", "dockerfile_invalid", /RUNN/],
  "with a broken instruction": ["FROM busybox\nCOPY onlyone\n", "dockerfile_invalid", /COPY/],
  "with an instruction before FROM": ["RUN echo\nFROM busybox\n", "dockerfile_invalid", /FROM/],
  "from an image that is missing": ["FROM no-such-image:1\n", "base_not_found", /no-such-image:1/],
  "from a name that no grammar allows": ["FROM UPPER:::x\n", "dockerfile_invalid|base_not_found", /UPPER/],
  "with a COPY of a missing file": ["FROM busybox\nCOPY missing.txt /\n", "copy_failed", /missing\.txt/],
  "with a COPY --from of a missing path": [
    "FROM busybox AS a\nFROM busybox\nCOPY --from=a /missing /x\n",
    "copy_failed",
    /missing/,
  ],
  "with a failing RUN": ["FROM busybox\nRUN echo before; echo oops >&2; exit 42\n", "run_failed", /42/],
  "with a RUN whose command is missing": [
    'FROM busybox\nRUN ["no-such-command"]\n',
    "run_failed",
    /no-such-command|127/,
  ],
  "with a remote ADD": ["FROM busybox\nADD http://169.254.169.254/x /\n", "remote_add_refused", /ADD/],
  "with a remote ADD by a variable": [
    "FROM busybox\nARG U=https://example.com/x\nADD $U /\n",
    "remote_add_refused",
    /ADD/,
  ],
  "with a git ADD": ["FROM busybox\nADD git@github.com:a/b.git /\n", "remote_add_refused", /ADD/],
};

describe("a Dockerfile", () => {
  for (const [what, [dockerfile, code, detail]] of Object.entries(DOCKERFILES)) {
    test(`${what} fails with ${code}, and nothing of it is left`, async () => {
      const answer = await upload(await tarOf({ Dockerfile: dockerfile }), "?tag=bad");
      const failed = answer.status === 200 ? answer.body.failure : answer.body;
      assert.match(failed?.code ?? "", new RegExp(`^(${code})$`), answer.text);
      assert.match(failed?.detail ?? "", detail);
      assert.doesNotMatch(failed?.detail ?? "", /sha256:|\/var\/lib|\.dockerfile\./, "nothing of ours shows");
      assert.deepEqual(await leftovers(), NOTHING);
    });
  }

  test("with a failing RUN has its exit code, its step and its last lines", async () => {
    const { body } = await upload(
      await tarOf({
        Dockerfile:
          "FROM busybox\nRUN for i in $(seq 1 100); do echo line $i; done; sleep 0.3; echo oops >&2; exit 42\n",
      }),
    );
    assert.equal(body.failure?.exitCode, 42);
    assert.equal(body.failure?.step, 2);
    assert.deepEqual(body.failure?.lastLines?.slice(-2), ["line 100", "oops"]);
    const build = await user.builds.get(body.id);
    assert.deepEqual(
      build.steps.map(({ state }) => state),
      ["succeeded", "failed"],
    );
  });

  test("whose build failed leaves the tag with the image it named before", async () => {
    const kept = await user.builds.createFromFiles({ dockerfile: "FROM busybox\n" }, { tag: "app", waitSeconds: 60 });
    const failed = await user.builds.createFromFiles(
      { dockerfile: "FROM busybox\nRUN false\n" },
      { tag: "app", waitSeconds: 60 },
    );
    assert.equal(failed.state, "failed");
    assert.equal((await user.images.get("app")).id, kept.imageId);
  });
});

describe("a build's options", () => {
  for (const tag of ["App", "a b", "a:b:c", "../x", "a//b", "-a", "x".repeat(256), "a@sha256:xyz", "%00", "é"]) {
    test(`with the tag ${tag.slice(0, 12)} are refused, and the upload is dropped`, async () => {
      const answer = await upload(await tarOf(good), `?tag=${tag === "%00" ? tag : encodeURIComponent(tag)}`);
      assert.equal(answer.status, 400, answer.text);
      assert.ok(["reference_invalid", "invalid_request"].includes(answer.body.code), answer.body.code);
      assert.deepEqual(await leftovers(), NOTHING);
    });
  }

  test("that are not valid are refused with a pointer to the field", async () => {
    for (const query of [
      "?buildArgs=x",
      "?buildArgs=[]",
      '?buildArgs={"1":"x"}',
      '?labels={"hafen.id":"x"}',
      "?noCache=perhaps",
      '?buildArgs={"A":1}',
      '?labels={"a":"\\u0000"}',
    ]) {
      const { status, body } = await upload(await tarOf(good), encodeURI(query));
      assert.deepEqual([status, body.code], [400, "invalid_request"], query);
    }
  });

  test("sent with a type that is no tar are refused with 415", async () => {
    for (const type of ["text/plain", "application/zip", "multipart/form-data"]) {
      const { status, body } = await upload(await tarOf(good), "", type);
      assert.deepEqual([status, body.code], [415, "unsupported_media_type"], type);
    }
  });
});
