import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 60 };
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
  const dockerfile =
    "FROM busybox\nRUN mkdir -p /data/sub && echo from-image > /data/seed && echo deep > /data/sub/f\nVOLUME /data\n";
  const build = await user.builds.createFromFiles({ dockerfile }, { tag: "seeded", ...WAIT });
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
});
after(() => world[Symbol.asyncDispose]());

type Body = Parameters<typeof user.containers.create>[0];
const sh = (script: string) => ["sh", "-c", script];
/** Runs to its end and answers with what it printed. */
async function run(
  script: string,
  body: Partial<Body> = {},
  client = user,
): Promise<{ id: string; out: string; code: number | null }> {
  const made = await client.containers.create({ image: "busybox", command: sh(script), ...body }, WAIT);
  assert.equal(made.failure, null);
  const { exitCode } = await client.containers.wait(made.id);
  const lines = await Array.fromAsync(client.containers.logs(made.id));
  return { id: made.id, out: lines.map(({ text }) => text).join("\n"), code: exitCode };
}
const inEngine = async (id: string) => (await world.engine.inspectVolume(id)) !== undefined;
async function anonymousOf(id: string): Promise<string> {
  const { mounts } = await user.containers.get(id);
  return mounts.find(({ volume }) => volume?.anonymous)?.volume?.id ?? assert.fail("no anonymous volume");
}

describe("a named volume", () => {
  test("is made at its first mount, and keeps its data for the next container", async () => {
    const mounts: Body["mounts"] = [{ type: "volume", source: "notes", target: "/notes" }];
    const first = await run("echo hello > /notes/a", { mounts });
    await user.containers.remove(first.id, WAIT);
    assert.equal((await run("cat /notes/a", { mounts })).out, "hello");
    const volume = await user.volumes.get("notes");
    assert.deepEqual([volume.anonymous, volume.state], [false, "ready"]);
  });

  test("made beforehand is real once it is mounted, by name or by id", async () => {
    const { id, state } = await user.volumes.create({ name: "ahead", labels: { team: "x" } });
    assert.equal(state, "pending");
    await run("echo 1 > /v/f", { mounts: [{ type: "volume", source: "ahead", target: "/v" }] });
    assert.equal((await run("cat /v/f", { mounts: [{ type: "volume", source: id, target: "/v" }] })).out, "1");
    assert.deepEqual((await user.volumes.get(id)).mountedBy.length, 2);
    assert.ok(await inEngine(id));
  });

  test("mounted read-only cannot be written", async () => {
    const mounts: Body["mounts"] = [{ type: "volume", source: "fixed", target: "/v", readOnly: true }];
    assert.notEqual((await run("echo 1 > /v/f", { mounts })).code, 0);
  });

  test("is shared live by two containers", async () => {
    const mounts: Body["mounts"] = [{ type: "volume", source: "shared", target: "/v" }];
    const writer = await user.containers.create({ image: "busybox", command: ["sleep", "1000"], mounts }, WAIT);
    const reader = await user.containers.create({ image: "busybox", command: ["sleep", "1000"], mounts }, WAIT);
    await user.containers.exec(writer.id, { command: sh("echo live > /v/f") });
    assert.equal((await user.containers.exec(reader.id, { command: ["cat", "/v/f"] })).stdout, "live\n");
  });

  test("wanted by many containers at once is made once", async () => {
    const mounts: Body["mounts"] = [{ type: "volume", source: "rush", target: "/v" }];
    const made = await Promise.all(
      Array.from({ length: 10 }, () => user.containers.create({ image: "busybox", mounts, start: false })),
    );
    const ids = new Set(made.map((each) => each.mounts[0]?.volume?.id));
    assert.equal(ids.size, 1);
    await Promise.all(made.map(({ id }) => user.containers.remove(id, { force: true, ...WAIT })));
    await user.volumes.remove("rush", WAIT);
  });
});

describe("an anonymous volume", () => {
  test("comes from VOLUME, is filled from the image, and is each container's own", async () => {
    const first = await run("cat /data/seed /data/sub/f; echo mine >> /data/seed", { image: "seeded" });
    assert.equal(first.out, "from-image\ndeep");
    assert.equal((await run("cat /data/seed", { image: "seeded" })).out, "from-image");
    const { anonymous, name, id } = await user.volumes.get(await anonymousOf(first.id));
    assert.deepEqual([anonymous, name], [true, id]);
  });

  test("keeps its data over stop and start", async () => {
    const { id } = await run("wc -l < /data/seed; echo more >> /data/seed", { image: "seeded" });
    await user.containers.start(id);
    await user.containers.wait(id);
    assert.deepEqual(
      (await Array.fromAsync(user.containers.logs(id))).map(({ text }) => text),
      ["1", "2"],
    );
  });

  test("comes from a mount without a source, too", async () => {
    const { id } = await run("echo x > /tmp/v/f", { mounts: [{ type: "volume", target: "/tmp/v" }] });
    assert.ok(await inEngine(await anonymousOf(id)));
  });

  test("gives way to a mount of one's own on the same target, and a named one is filled from the image as well", async () => {
    const { id, out } = await run("cat /data/seed", {
      image: "seeded",
      mounts: [{ type: "volume", source: "named-data", target: "/data/" }],
    });
    assert.equal(out, "from-image");
    const { mounts } = await user.containers.get(id);
    assert.deepEqual(
      mounts.map(({ target, volume }) => [target, volume?.name]),
      [["/data", "named-data"]],
    );
  });
});

describe("volumesFrom", () => {
  test("takes all mounts of a container that runs, and of one that does not", async () => {
    const source = await user.containers.create(
      {
        image: "seeded",
        name: "giver",
        command: ["sleep", "1000"],
        mounts: [
          { type: "volume", source: "extra", target: "/extra" },
          { type: "tmpfs", target: "/scratch" },
        ],
      },
      WAIT,
    );
    await user.containers.exec(source.id, { command: sh("echo a > /data/a; echo b > /extra/b") });
    assert.equal((await run("cat /data/a /extra/b", { volumesFrom: ["giver"] })).out, "a\nb");
    await user.containers.kill(source.id, {}, WAIT);
    const taker = await run("cat /data/a /extra/b; echo c > /data/c", { volumesFrom: [source.id] });
    assert.equal(taker.out, "a\nb");
    assert.deepEqual((await user.containers.get(taker.id)).mounts.map(({ target }) => target).toSorted(), [
      "/data",
      "/extra",
    ]);
  });

  test("with :ro takes them read-only, and what was read-only stays so", async () => {
    await user.containers.create({
      image: "busybox",
      name: "mixed",
      start: false,
      mounts: [
        { type: "volume", source: "w", target: "/w" },
        { type: "volume", source: "r", target: "/r", readOnly: true },
      ],
    });
    const modes = async (from: string) => {
      const { mounts } = await user.containers.create({ image: "busybox", start: false, volumesFrom: [from] });
      return Object.fromEntries(mounts.map(({ target, readOnly }) => [target, readOnly]));
    };
    assert.deepEqual(await modes("mixed"), { "/w": false, "/r": true });
    assert.deepEqual(await modes("mixed:ro"), { "/w": true, "/r": true });
    assert.notEqual((await run("echo x > /w/x", { volumesFrom: ["mixed:ro"] })).code, 0);
  });

  test("of a container that does not exist is refused", async () => {
    await refusal(user.containers.create({ image: "busybox", volumesFrom: ["nobody"] }), "container_not_found");
  });
});

describe("removal", () => {
  test("of a container keeps its volumes, also its anonymous ones", async () => {
    const { id } = await run("true", { image: "seeded" });
    const volume = await anonymousOf(id);
    await user.containers.remove(id, WAIT);
    assert.deepEqual([(await user.volumes.get(volume)).mountedBy, await inEngine(volume)], [[], true]);
  });

  test("with volumes=true takes only its anonymous ones, from the engine too", async () => {
    const { id } = await run("true", {
      image: "seeded",
      mounts: [{ type: "volume", source: "stays", target: "/stays" }],
    });
    const volume = await anonymousOf(id);
    await user.containers.remove(id, { volumes: true, ...WAIT });
    await eventually("it is gone from the engine", async () => !(await inEngine(volume)));
    await eventually(
      "its row is gone",
      async () => (await user.volumes.get(volume).catch(() => undefined)) === undefined,
    );
    assert.equal((await user.volumes.get("stays")).state, "ready");
  });

  test("with volumes=true keeps an anonymous one that another container mounts, until that one goes", async () => {
    const { id } = await run("echo keep > /data/k", { image: "seeded" });
    const volume = await anonymousOf(id);
    const other = await user.containers.create(
      { image: "busybox", volumesFrom: [id], command: ["sleep", "1000"] },
      WAIT,
    );
    await user.containers.remove(id, { volumes: true, ...WAIT });
    assert.equal((await user.containers.exec(other.id, { command: ["cat", "/data/k"] })).stdout, "keep\n");
    await user.containers.remove(other.id, { force: true, volumes: true, ...WAIT });
    await eventually("it is gone from the engine", async () => !(await inEngine(volume)));
  });

  test("with volumes=true keeps an anonymous one that the container mounts by its id, as docker does", async () => {
    const { id } = await run("echo keep > /data/k", { image: "seeded" });
    const volume = await anonymousOf(id);
    await user.containers.remove(id, WAIT);
    const named = await run("cat /v/k", { mounts: [{ type: "volume", source: volume, target: "/v" }], name: "byid" });
    const taken = await run("cat /v/k", { volumesFrom: ["byid"] });
    assert.deepEqual([named.out, taken.out], ["keep", "keep"]);
    for (const each of [named.id, taken.id]) await user.containers.remove(each, { volumes: true, ...WAIT });
    assert.deepEqual([(await user.volumes.get(volume)).state, await inEngine(volume)], ["ready", true]);
  });

  test("of a volume that a container mounts, running or not, is refused with by whom", async () => {
    const { id } = await run("true", { name: "holder", mounts: [{ type: "volume", source: "held", target: "/v" }] });
    const error = await refusal(user.volumes.remove("held"), "volume_in_use");
    assert.equal(error.status, 409);
    assert.match(error.detail, /holder/);
    await user.containers.remove(id, WAIT);
    const gone = await user.volumes.remove("held", WAIT);
    assert.equal(gone.state, "removed");
    assert.equal(await inEngine(gone.id), false);
    await refusal(user.volumes.get("held"), "volume_not_found");
    await user.volumes.create({ name: "held" });
  });

  test("of a volume that was never mounted is done at once", async () => {
    await user.volumes.create({ name: "unused" });
    assert.equal((await user.volumes.remove("unused")).state, "removed");
    await refusal(user.volumes.remove("unused"), "volume_not_found");
  });

  test("racing with a container that mounts the volume ends with both or with neither", async () => {
    for (let round = 0; round < 10; round++) {
      const name = `race-${round}`;
      await run("true", { mounts: [{ type: "volume", source: name, target: "/v" }] }).then(({ id }) =>
        user.containers.remove(id, WAIT),
      );
      const { id: volumeId } = await user.volumes.get(name);
      const [removed, made] = await Promise.allSettled([
        user.volumes.remove(volumeId, WAIT),
        user.containers.create(
          { image: "busybox", start: false, mounts: [{ type: "volume", source: volumeId, target: "/v" }] },
          WAIT,
        ),
      ]);
      assert.notEqual(removed.status, made.status, "exactly one of them is accepted");
      if (made.status === "fulfilled") assert.equal(made.value.state, "created");
    }
  });
});

describe("mounts that are wrong", () => {
  const mount = (source: string | undefined, target: string) => ({
    type: "volume" as const,
    ...(source === undefined ? {} : { source }),
    target,
  });
  test("with the same target twice are refused, however it is written", async () => {
    for (const target of ["/v", "/v/", "//v"]) {
      await refusal(
        user.containers.create({ image: "busybox", mounts: [mount("a", "/v"), mount("b", target)] }),
        "mount_invalid",
      );
    }
  });

  test("that are relative, the root, or climb are refused", async () => {
    for (const target of ["v", "/", "//", "/a/../b", "/a/.", ""])
      await refusal(user.containers.create({ image: "busybox", mounts: [mount("a", target)] }), "invalid_request");
  });

  test("of a path of the host, of another kind, or with more than asked for are refused", async () => {
    for (const bad of [
      mount("/etc", "/v"),
      mount("../x", "/v"),
      { type: "bind", source: "/", target: "/v" },
      { type: "volume", target: "/v", driver: "x" },
    ]) {
      await refusal(user.containers.create({ image: "busybox", mounts: [bad as never] }), "invalid_request");
    }
  });

  test("of an id that is nobody's or somebody else's is refused and makes nothing", async () => {
    const other = await world.user();
    const theirs = await other.volumes.create({ name: "theirs" });
    const held = (await user.volumes.list({ limit: 200 })).items.length;
    for (const source of [theirs.id, "vol_01m85p8d42e8sawsgjmsjg3qwm"])
      await refusal(user.containers.create({ image: "busybox", mounts: [mount(source, "/v")] }), "volume_not_found");
    assert.equal((await user.volumes.list({ limit: 200 })).items.length, held);
    const mine = await user.containers.create({ image: "busybox", start: false, mounts: [mount("theirs", "/v")] });
    assert.notEqual(mine.mounts[0]?.volume?.id, theirs.id, "a name is each user's own");
  });
});

test("a tmpfs is as large as asked for and gone after a restart", async () => {
  const { id } = await user.containers.create(
    { image: "busybox", command: ["sleep", "1000"], mounts: [{ type: "tmpfs", target: "/t", sizeBytes: 1024 * 1024 }] },
    WAIT,
  );
  const { exitCode } = await user.containers.exec(id, { command: sh("dd if=/dev/zero of=/t/f bs=1024 count=2000") });
  assert.notEqual(exitCode, 0);
  await user.containers.restart(id, { graceSeconds: 0 }, WAIT);
  assert.equal((await user.containers.exec(id, { command: ["ls", "/t"] })).stdout, "");
});

test("a volume whose target the image does not have as an absolute path is mounted all the same", async () => {
  const build = await user.builds.createFromFiles(
    { dockerfile: "FROM busybox\nVOLUME relative/path\n" },
    { tag: "relative", ...WAIT },
  );
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  const { code, out } = await run("echo ok > /relative/path/f && cat /relative/path/f", { image: "relative" });
  assert.deepEqual([code, out], [0, "ok"]);
});
