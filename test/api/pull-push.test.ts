import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Build, Hafen } from "@hafen/sdk";
import {
  assertConverges,
  ENDLESS,
  openFakeRegistry,
  startWorld,
  testRegistries,
  type FakeRegistry,
  type World,
} from "../support/index.ts";
import { refusal } from "./ask.ts";

const WAIT = { waitSeconds: 120 };
const { open, guarded, login } = testRegistries();
const unique = randomBytes(4).toString("hex");
let world: World;
let user: Awaited<ReturnType<World["user"]>>;
let fake: FakeRegistry;
before(async () => {
  fake = await openFakeRegistry();
  world = await startWorld({ env: { HAFEN_REGISTRIES: `${open},${guarded},${fake.host},127.0.0.1:9` } });
  user = await world.user("owner");
  await user.registries.store(guarded, login);
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

function succeeded(build: Build): Build {
  assert.equal(build.state, "succeeded", JSON.stringify(build.failure));
  return build;
}
async function built(tag: string, client: Hafen = user): Promise<string> {
  const dockerfile = `FROM busybox\nRUN echo ${tag} ${unique} > /which\nCMD ["cat", "/which"]\n`;
  return succeeded(await client.builds.createFromFiles({ dockerfile }, { tag, ...WAIT })).imageId ?? "";
}
async function output(client: Hafen, image: string): Promise<string> {
  const { id } = await client.containers.create({ image });
  await client.containers.wait(id);
  return (await Array.fromAsync(client.containers.logs(id))).map(({ text }) => text).join("\n");
}
const logOf = async (client: Hafen, { id }: Build) =>
  (await Array.fromAsync(client.builds.logs(id, {}))).map(({ text }) => text);
/** Names in the engine that are not Hafen's own, and of this file's images. */
const namesOf = async (...registries: string[]) =>
  (await Promise.all(registries.map((registry) => world.engine.listTags(`${registry}/${unique}`)))).flat();

describe("push and pull", () => {
  test("bring an image into a registry and out of it again, the same, for another user too", async () => {
    const imageId = await built("plain");
    const reference = `${open}/${unique}/plain:1`;
    const pushed = succeeded(await user.images.push("plain", reference, WAIT));
    assert.deepEqual(
      [pushed.kind, pushed.imageId, pushed.reference, pushed.contextDigest],
      ["push", imageId, reference, null],
    );
    const image = await user.images.get(imageId);
    assert.match(image.manifestDigest ?? "", /^sha256:[0-9a-f]{64}$/);
    const [event] = await user.events.list({ type: "image.pushed" });
    assert.deepEqual(
      [event?.subject, event?.data["reference"], event?.data["digest"]],
      [imageId, reference, image.manifestDigest],
    );

    const other = await world.user();
    const pulled = succeeded(await other.images.pull(reference, WAIT));
    assert.deepEqual([pulled.kind, pulled.tag, pulled.reference], ["pull", reference, reference]);
    const theirs = await other.images.get(reference);
    assert.notEqual(theirs.id, imageId);
    assert.deepEqual([theirs.digest, theirs.manifestDigest], [image.digest, image.manifestDigest]);
    assert.equal(await output(other, reference), `plain ${unique}`);
    const named = succeeded(await other.images.pull(reference, { tag: "mine:2", ...WAIT }));
    assert.equal((await other.images.get("mine:2")).id, named.imageId);
    const byDigest = succeeded(await other.images.pull(`${open}/${unique}/plain@${image.manifestDigest}`, WAIT));
    assert.deepEqual([byDigest.tag, byDigest.imageId], [null, theirs.id]);
    assert.deepEqual(await namesOf(open), []);
  });

  test("tell each layer's states in the log, once each, and the digest", async () => {
    await built("logged");
    const reference = `${open}/${unique}/logged:1`;
    const pushed = await logOf(user, succeeded(await user.images.push("logged", reference, WAIT)));
    assert.equal(pushed[0], `Pushing to ${reference}`);
    assert.ok(
      pushed.some((line) => /^[0-9a-f]{12}: Pushed$/.test(line)),
      pushed.join("\n"),
    );
    assert.match(pushed.at(-2) ?? "", /^Digest: sha256:/);
    assert.equal(pushed.at(-1), `Pushed ${reference}.`);
    assert.equal(new Set(pushed).size, pushed.length);
    const pulled = await logOf(user, succeeded(await user.images.pull(reference, WAIT)));
    assert.deepEqual([pulled[0], pulled.at(-1)], [`Pulling ${reference}`, `Pulled ${reference}.`]);
  });

  test("never show in whose repository a registry has a layer already", async () => {
    await built("mounted");
    succeeded(await user.images.push("mounted", `${open}/${unique}-secret-name/a:1`, WAIT));
    const other = await world.user();
    succeeded(await other.images.pull(`${open}/${unique}-secret-name/a:1`, { tag: "got", ...WAIT }));
    const lines = await logOf(
      other,
      succeeded(await other.images.push("got", `${open}/${unique}-elsewhere/b:1`, WAIT)),
    );
    assert.ok(!lines.some((line) => line.includes("secret-name")), lines.join("\n"));
  });

  test("use the credentials of the one who asks, and what the host has is of no help to others", async () => {
    await built("private");
    const reference = `${guarded}/${unique}/private:1`;
    succeeded(await user.images.push("private", reference, WAIT));
    const { digest, manifestDigest } = await user.images.get("private");
    succeeded(await user.images.pull(reference, WAIT));
    assert.ok(await world.engine.inspectImage(digest), "its layers are on the host");

    const stranger = await world.user();
    const byTag = await stranger.images.pull(reference, WAIT);
    const byDigest = await stranger.images.pull(`${guarded}/${unique}/private@${manifestDigest}`, WAIT);
    await stranger.registries.store(guarded, { ...login, password: "guessed" });
    const guessed = await stranger.images.pull(reference, WAIT);
    for (const build of [byTag, byDigest, guessed])
      assert.deepEqual(
        [build.state, build.failure?.code, build.failure?.reason],
        ["failed", "registry_failed", "unauthorized"],
      );
    assert.match(byTag.failure?.detail ?? "", new RegExp(`PUT /v1/registries/${guarded}`));
    for (const name of [reference, digest, "private"]) await refusal(stranger.images.get(name), "image_not_found");
    await refusal(stranger.containers.create({ image: reference }), "image_not_found");
    const from = await stranger.builds.createFromFiles({ dockerfile: `FROM ${reference}\n` }, WAIT);
    assert.deepEqual([from.failure?.code, from.failure?.reason], ["registry_failed", "unauthorized"]);
    const push = await stranger.images.push("busybox", reference, WAIT);
    assert.equal(push.failure?.reason, "unauthorized");
    await user.registries.remove(guarded);
    assert.equal((await user.images.pull(reference, WAIT)).failure?.reason, "unauthorized");
    await user.registries.store(guarded, login);
  });

  test("send the credentials of one registry to no other, and let none of them out again", async () => {
    const planted = `planted-${randomBytes(12).toString("hex")}`;
    const one = await world.user();
    await one.registries.store(guarded, login);
    for (const reference of [`${fake.host}/team/app:1`, `${fake.host}/team/app@sha256:${"0".repeat(64)}`])
      assert.equal((await one.images.pull(reference, WAIT)).failure?.reason, "unauthorized");
    assert.equal((await one.images.push("busybox", `${fake.host}/team/app:1`, WAIT)).state, "failed");
    assert.ok(fake.received().includes("/v2/"), "the fake registry was asked");
    assert.ok(!/authorization/i.test(fake.received()), fake.received());

    await one.registries.store(fake.host, { username: "mallory", password: planted });
    const basic = Buffer.from(`mallory:${planted}`).toString("base64");
    const builds = [
      await one.images.pull(`${fake.host}/team/app:2`, WAIT),
      await one.images.push("busybox", `${fake.host}/team/app:2`, WAIT),
    ];
    assert.ok(fake.received().includes(basic), "its own credentials reach it");
    for (const build of builds) {
      const told = JSON.stringify([build, await logOf(one, build)]);
      assert.ok(!told.includes(planted) && !told.includes(basic), told);
    }
  });

  test("fail with the reason the registry gave", async () => {
    for (const [reference, reason] of [
      [`${open}/${unique}/absent`, "not_found"],
      [`127.0.0.1:9/x`, "unreachable"],
    ] as const) {
      const build = await user.images.pull(reference, WAIT);
      assert.deepEqual(
        [build.state, build.failure?.code, build.failure?.reason, build.attempt],
        ["failed", "registry_failed", reason, 1],
      );
      assert.ok(build.failure?.detail.includes(reference.split("/")[0] ?? ""), build.failure?.detail);
    }
  });

  test("end what is larger than allowed, also where a registry states no size", async () => {
    const events = world.engine.pullImage({
      repository: `${fake.host}/${ENDLESS.repository}`,
      digest: ENDLESS.digest,
      login,
      holdAs: `hafen/${await world.hostId()}:endless`,
      maxBytes: 4 * 1024 ** 2,
    });
    const last = (await Array.fromAsync(events)).at(-1);
    assert.equal(last?.type === "failed" && last.reason, "too_large");
  });

  test("name registries of the list alone", async () => {
    for (const reference of ["debian", "169.254.169.254/latest/meta-data", "127.0.0.1:1/x", "registry.evil/x:1"]) {
      await refusal(user.images.pull(reference), "registry_not_allowed");
      await refusal(user.images.push("busybox", reference), "registry_not_allowed");
    }
    for (const reference of ["Not A Name", "http://ghcr.io/x", `${open}/x:`, "scratch"])
      await refusal(user.images.pull(reference), "reference_invalid");
    await refusal(user.images.push("busybox", `${open}/x@sha256:${"0".repeat(64)}`), "reference_invalid");
    await refusal(user.images.push("nothing", `${open}/x`), "image_not_found");
  });

  test("of many at the same time each user gets and sends their own, and the engine keeps no name", async () => {
    const users = await Promise.all([1, 2, 3].map(() => world.user()));
    const reference = `${open}/${unique}/contended:1`;
    await Promise.all(users.map((one, i) => built(`own-${i}`, one)));
    const pushes = await Promise.all(users.map((one, i) => one.images.push(`own-${i}`, reference, WAIT)));
    for (const [i, build] of pushes.entries()) {
      assert.equal(succeeded(build).imageId, (await users[i]?.images.get(`own-${i}`))?.id);
    }
    const digests = await Promise.all(users.map(async (one, i) => (await one.images.get(`own-${i}`)).manifestDigest));
    assert.equal(new Set(digests).size, users.length);
    await Promise.all(
      users.map(async (one, i) => {
        const other = digests[(i + 1) % users.length] ?? "";
        succeeded(await one.images.pull(`${open}/${unique}/contended@${other}`, { tag: "got", ...WAIT }));
        assert.equal(await output(one, "got"), `own-${(i + 1) % users.length} ${unique}`);
      }),
    );
    assert.deepEqual(await namesOf(open, guarded), []);
    await assertConverges(world);
  });

  test("take quota as builds do", async () => {
    const poor = await world.user("poor", { images: 0 });
    await refusal(poor.images.pull(`${open}/x`), "quota_exceeded");
    const idle = await world.user("idle", { builds: 0 });
    await refusal(idle.images.push("busybox", `${open}/x`), "quota_exceeded");
  });
});

test("F20 a registry that is down, limits, or gives other bytes than it named fails a pull with its reason, and leaves nothing", async () => {
  const faults = { limited: "unreachable", down: "unreachable", swapped: "refused", corrupt: "refused" };
  const puller = await world.user();
  await puller.registries.store(fake.host, { username: "mallory", password: "shown to this one" });
  const had = (await puller.images.list()).items.length;
  const pulls = Object.keys(faults).map(async (fault) => {
    const { state, failure } = await puller.images.pull(`${fake.host}/faulty/${fault}:1`, WAIT);
    return [fault, state, failure?.code, failure?.reason];
  });
  assert.deepEqual(
    await Promise.all(pulls),
    Object.entries(faults).map(([fault, reason]) => [fault, "failed", "registry_failed", reason]),
  );
  assert.equal((await puller.images.list()).items.length, had);
  assert.deepEqual(await world.engine.listTags(`${fake.host}/faulty`), []);
});
