import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Build } from "@hafen/sdk";
import { startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";
import { tarOf } from "./tar.ts";

const WAIT = { waitSeconds: 120 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("builder");
});
after(() => world[Symbol.asyncDispose]());

async function build(dockerfile: string, options: object = {}, files: Record<string, string> = {}): Promise<Build> {
  const made = await user.builds.createFromFiles({ dockerfile, files }, { ...WAIT, ...options });
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
  return made;
}
async function run(image: string, command?: string[], client = user): Promise<string> {
  const { id } = await client.containers.create({ image, ...(command ? { command } : {}) });
  await client.containers.wait(id);
  return (await Array.fromAsync(client.containers.logs(id))).map(({ text }) => text).join("\n");
}

describe("a build context", () => {
  const FORMS = { plain: (tar: Buffer) => tar, gzip: gzipSync, zstd: zstdCompressSync };
  for (const [form, compress] of Object.entries(FORMS)) {
    test(`uploaded as a ${form} tar builds an image that runs`, async () => {
      const tar = await tarOf({
        Dockerfile: 'FROM busybox\nCOPY hello.txt /\nCMD ["cat", "/hello.txt"]\n',
        "hello.txt": `hello ${form}\n`,
      });
      const made = await user.builds.create(compress(tar), { tag: `form-${form}`, ...WAIT });
      assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
      assert.equal(await run(`form-${form}`), `hello ${form}`);
    });
  }

  test("sent as a stream builds too, and the same context has the same digest in every form", async () => {
    const tar = await tarOf({ Dockerfile: "FROM busybox\n", a: "a" });
    const streamed = await user.builds.create(new Blob([new Uint8Array(tar)]).stream(), WAIT);
    const zipped = await user.builds.create(gzipSync(tar), WAIT);
    assert.deepEqual([streamed.state, zipped.state], ["succeeded", "succeeded"]);
    assert.equal(streamed.contextDigest, zipped.contextDigest);
  });

  test("of inline files builds, also with directories and with a Dockerfile elsewhere", async () => {
    const made = await build(
      "FROM busybox\nCOPY src /src\n",
      { dockerfile: "build/Dockerfile.prod", tag: "inline" },
      { "src/a/b.txt": "deep" },
    );
    assert.equal(made.dockerfile, "build/Dockerfile.prod");
    assert.equal(await run("inline", ["cat", "/src/a/b.txt"]), "deep");
  });

  test("shows COPY none of the files that Hafen adds", async () => {
    const tar = await tarOf({ Dockerfile: "FROM busybox\nCOPY . /context\n", ".dockerignore": "*.md\n", kept: "k" });
    assert.equal((await user.builds.create(tar, { tag: "added", ...WAIT })).state, "succeeded");
    assert.equal(await run("added", ["ls", "-A", "/context"]), ".dockerignore\nDockerfile\nkept");
  });

  test("keeps modes and links that stay inside", async () => {
    const tar = await tarOf({
      Dockerfile: "FROM busybox\nCOPY . /c/\n",
      "run.sh": { mode: 0o755, body: "#!/bin/sh\necho ran\n" },
      link: { type: "symlink", linkname: "run.sh" },
    });
    assert.equal((await user.builds.create(tar, { tag: "modes", ...WAIT })).state, "succeeded");
    assert.equal(await run("modes", ["/c/link"]), "ran");
  });
});

describe("tags and bases", () => {
  test("are each user's own: two users have app:latest, and each runs their own", async () => {
    const other = await world.user();
    for (const [client, who] of [
      [user, "one"],
      [other, "two"],
    ] as const) {
      const made = await client.builds.createFromFiles(
        { dockerfile: `FROM busybox\nCMD ["echo", "${who}"]\n` },
        { tag: "app", ...WAIT },
      );
      assert.equal(made.state, "succeeded");
    }
    assert.deepEqual([await run("app"), await run("app", undefined, other)], ["one", "two"]);
    assert.notEqual((await user.images.get("app")).id, (await other.images.get("app")).id);
  });

  test("FROM finds one's own image before the catalog's of the same name", async () => {
    const someone = await world.user();
    const own = await someone.builds.createFromFiles(
      { dockerfile: "FROM busybox\nRUN echo own > /who\n" },
      { tag: "busybox", ...WAIT },
    );
    assert.deepEqual(
      own.bases.map(({ reference, source }) => [reference, source]),
      [["busybox", "catalog"]],
    );
    const next = await someone.builds.createFromFiles(
      { dockerfile: "FROM busybox\nRUN test -f /who\n" },
      { tag: "next", ...WAIT },
    );
    assert.equal(next.state, "succeeded");
    assert.deepEqual(
      next.bases.map(({ reference, source, imageId }) => [reference, source, imageId]),
      [["busybox", "own", own.imageId]],
    );
    const plain = await build("FROM busybox\nRUN test ! -f /who\n");
    assert.deepEqual(
      plain.bases.map(({ source }) => source),
      ["catalog"],
    );
  });

  test("another user's image is found neither by FROM nor by COPY --from, by name, id or digest", async () => {
    const canary = await world.user();
    const secret = await canary.builds.createFromFiles(
      { dockerfile: "FROM busybox\nRUN echo canary > /canary\n" },
      { tag: "team/canary:1", ...WAIT },
    );
    const { digest } = await canary.images.get("team/canary:1");
    for (const reference of ["team/canary:1", secret.imageId ?? "", digest]) {
      for (const dockerfile of [
        `FROM ${reference}\n`,
        `FROM busybox\nCOPY --from=${reference} /canary /\n`,
        `ARG B=${reference}\nFROM $B\n`,
      ]) {
        const made = await user.builds.createFromFiles({ dockerfile }, WAIT);
        assert.equal(made.state, "failed", dockerfile);
        assert.equal(made.failure?.code, "base_not_found", dockerfile);
      }
      await refusal(user.containers.create({ image: reference }), "image_not_found");
      await refusal(user.images.get(reference), "image_not_found");
      await refusal(user.images.tag(reference, "mine"), "image_not_found");
    }
  });

  test("what each FROM and COPY --from was pinned to is recorded, and stays when the name moves", async () => {
    const first = await build("FROM busybox\nRUN echo 1 > /v\n", { tag: "base" });
    const child = await build("FROM base AS a\nFROM busybox\nCOPY --from=base /v /v\nCOPY --from=a /v /v2\n", {
      tag: "child",
    });
    await build("FROM busybox\nRUN echo 2 > /v\n", { tag: "base" });
    const { bases } = await user.builds.get(child.id);
    const { digest } = await user.images.get(first.imageId ?? "");
    assert.deepEqual(bases.map(({ reference }) => reference).toSorted(), ["base", "busybox"]);
    assert.deepEqual(
      bases.find(({ reference }) => reference === "base"),
      { reference: "base", imageId: first.imageId ?? "", digest, source: "own" },
    );
    assert.equal(await run("child", ["cat", "/v"]), "1");
    assert.deepEqual((await user.images.get("child")).bases?.map(({ reference }) => reference).toSorted(), [
      "base",
      "busybox",
    ]);
  });

  test("a tag that is built again moves to the new image, and the old one is kept by its id", async () => {
    const first = await build("FROM busybox\nRUN echo a > /x\n", { tag: "moving" });
    const second = await build("FROM busybox\nRUN echo b > /x\n", { tag: "moving" });
    assert.equal((await user.images.get("moving")).id, second.imageId);
    assert.deepEqual((await user.images.get(first.imageId ?? "")).tags, []);
  });
});

describe("the Dockerfile's own means", () => {
  test("multi-stage builds copy between stages, and target ends at the named stage", async () => {
    const dockerfile =
      "FROM busybox AS one\nRUN echo one > /f\nFROM busybox AS two\nCOPY --from=one /f /f\nRUN echo two >> /f\n";
    await build(dockerfile, { tag: "whole" });
    await build(dockerfile, { tag: "part", target: "one" });
    assert.deepEqual([await run("whole", ["cat", "/f"]), await run("part", ["cat", "/f"])], ["one\ntwo", "one"]);
    const missing = await user.builds.createFromFiles({ dockerfile }, { target: "three", ...WAIT });
    assert.equal(missing.failure?.code, "target_not_found");
  });

  test("build arguments reach ARG, and labels the image", async () => {
    const made = await build("FROM busybox\nARG NAME=nobody\nRUN echo $NAME > /name\n", {
      tag: "args",
      buildArgs: { NAME: "a b=c'd" },
      labels: { team: "x" },
    });
    assert.deepEqual(made.buildArgs, { NAME: "a b=c'd" });
    assert.equal(await run("args", ["cat", "/name"]), "a b=c'd");
    assert.equal((await user.images.get("args")).config.labels["team"], "x");
  });

  test("ENV, WORKDIR, USER, ENTRYPOINT and CMD mean what they mean in Docker", async () => {
    await build(
      'FROM busybox\nENV A=1\nWORKDIR /work\nUSER 1000\nENTRYPOINT ["sh", "-c", "echo $A $PWD $(id -u) $0"]\nCMD ["given"]\n',
      { tag: "means" },
    );
    assert.equal(await run("means"), "1 /work 1000 given");
    assert.equal(await run("means", ["other"]), "1 /work 1000 other");
  });
});

describe("steps and cache", () => {
  test("each step has its instruction, its times and what its layer adds; a second build is cached", async () => {
    const dockerfile = "FROM busybox\nRUN head -c 1000000 /dev/zero > /million\nENV B=2\n";
    const first = await build(dockerfile, { tag: "steps" });
    assert.deepEqual(
      first.steps.map(({ number, state, cached }) => [number, state, cached]),
      [
        [1, "succeeded", false],
        [2, "succeeded", false],
        [3, "succeeded", false],
      ],
    );
    assert.match(first.steps[1]?.instruction ?? "", /^RUN head/);
    assert.ok((first.steps[1]?.sizeBytes ?? 0) >= 1_000_000);
    for (const { startedAt, finishedAt } of first.steps) assert.ok(finishedAt !== null && startedAt <= finishedAt);

    const second = await build(dockerfile, { tag: "steps" });
    assert.deepEqual(
      second.steps.slice(1).map(({ cached }) => cached),
      [true, true],
    );
    assert.equal(second.imageId, first.imageId);
    const third = await build(dockerfile, { tag: "steps", noCache: true });
    assert.deepEqual(
      third.steps.slice(1).map(({ cached }) => cached),
      [false, false],
    );
    assert.notEqual(third.imageId, first.imageId);
  });

  test("a second build finds what an earlier stage and a failed build have made, too", async () => {
    const made = "FROM busybox AS made\nRUN head -c 16 /dev/urandom > /r\nRUN cp /r /s\n";
    const whole = `${made}FROM busybox\nCOPY --from=made /s /s\nRUN cp /s /t\n`;
    const failed = await user.builds.createFromFiles({ dockerfile: `${made}RUN false\n` }, { waitSeconds: 60 });
    assert.equal(failed.state, "failed");
    const cached = async () => (await build(whole)).steps.map((step) => step.cached);
    assert.deepEqual(await cached(), [false, true, true, false, false, false]);
    assert.deepEqual(await cached(), [false, true, true, false, true, true]);
  });

  test("a step's cache holds only for the same contents", async () => {
    const dockerfile = "FROM busybox\nCOPY f /f\nRUN cp /f /g\n";
    await build(dockerfile, { tag: "contents" }, { f: "1" });
    const changed = await build(dockerfile, { tag: "contents" }, { f: "2" });
    assert.deepEqual(
      changed.steps.map(({ cached }) => cached),
      [false, false, false],
    );
    assert.equal(await run("contents", ["cat", "/g"]), "2");
  });
});
