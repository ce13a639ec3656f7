import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openCli } from "../cli/hafen.ts";
import { abuse, eventually, startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
const SLEEP = { command: ["sleep", "1000"] };

let world: World;
let owner: Awaited<ReturnType<World["user"]>>;
let bob: Awaited<ReturnType<World["user"]>>;
let eve: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  [owner, bob, eve] = [await world.user("owner"), await world.user("bob"), await world.user("eve")];
  await owner.builds.createFromFiles({ dockerfile: "FROM busybox\nRUN echo secret > /s\n" }, { tag: "app", ...WAIT });
  for (const name of ["data", "other"]) {
    await owner.volumes.create({ name });
    await owner.volumes.putFile(name, "/f", Buffer.from(`of ${name}`), { mode: 0o644 });
  }
});
after(() => world[Symbol.asyncDispose]());

const mountOf = (source: string, readOnly = false) => ({
  mounts: [{ type: "volume" as const, source, target: "/data", readOnly }],
});
async function read(client: typeof bob, ref: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync(client.volumes.getFile(ref, "/f"))).toString();
}

describe("an image", () => {
  test("that is granted for reading is looked at and not used, and with use it is run and built from", async () => {
    const { id } = await owner.images.get("app");
    const reading = await owner.grants.create({ image: "app" }, { user: "bob", access: "read" });
    assert.deepEqual([reading.names, reading.subject, reading.access], [["@owner/app:latest"], id, "read"]);
    for (const ref of [id, "@owner/app", "@owner/app:latest"]) assert.equal((await bob.images.get(ref)).id, id);
    for (const ref of [id, "@owner/app"]) {
      await assert.rejects(bob.containers.create({ image: ref }), { code: "grant_read_only" });
      await assert.rejects(Array.fromAsync(bob.images.export(ref)), { code: "grant_read_only" });
      await assert.rejects(bob.images.tag(ref, "mine"), { code: "image_not_found" });
      await assert.rejects(bob.images.remove(ref), { code: "image_not_found" });
    }
    await owner.grants.revoke({ image: "app" }, reading.id);
    await assert.rejects(bob.images.get(id), { code: "image_not_found" });

    await owner.grants.create({ image: "app" }, { user: "bob", access: "use" });
    const made = await bob.containers.create({ image: "@owner/app", command: ["cat", "/s"] }, WAIT);
    assert.equal((await bob.containers.wait(made.id)).exitCode, 0);
    const built = await bob.builds.createFromFiles(
      { dockerfile: "FROM @owner/app\nRUN grep secret /s\n" },
      { tag: "b", ...WAIT },
    );
    assert.equal(built.state, "succeeded", JSON.stringify(built.failure));
    assert.equal(built.bases[0]?.source, "granted");
    await assert.rejects(bob.grants.create({ image: id }, { user: "eve", access: "read" }), {
      code: "image_not_found",
    });
  });
});

describe("a volume", () => {
  test("that is granted for reading is mounted read-only and its files are read; with use they are written", async () => {
    const { id } = await owner.volumes.get("data");
    const reading = await owner.grants.create({ volume: "data" }, { user: "bob", access: "read" });
    assert.equal(await read(bob, "@owner/data"), "of data");
    await assert.rejects(bob.volumes.putFile(id, "/g", Buffer.from("x"), { mode: 0o644 }), { code: "grant_read_only" });
    await assert.rejects(bob.volumes.remove(id), { code: "volume_not_found" });
    await assert.rejects(bob.containers.create({ image: "busybox", ...mountOf("@owner/data") }), {
      code: "grant_read_only",
    });
    const made = await bob.containers.create({ image: "busybox", ...SLEEP, ...mountOf("@owner/data", true) }, WAIT);
    assert.equal((await bob.containers.exec(made.id, { command: ["cat", "/data/f"] })).stdout, "of data");
    const written = await bob.containers.exec(made.id, { command: ["sh", "-c", "echo x > /data/g"] });
    assert.notEqual(written.exitCode, 0);
    const copied = await bob.containers.create({ image: "busybox", ...SLEEP, volumesFrom: [made.id] }, WAIT);
    assert.equal(copied.mounts[0]?.readOnly, true);
    await assert.rejects(owner.volumes.remove("data"), { code: "volume_in_use" });
    assert.deepEqual(
      (await owner.volumes.get("data")).mountedBy,
      [],
      "an owner does not see another user's containers",
    );

    await owner.grants.revoke({ volume: "data" }, reading.id);
    for (const ref of [made.id, copied.id]) {
      await eventually("it has ended", async () => (await bob.containers.get(ref)).state === "exited");
      assert.equal((await bob.containers.get(ref)).termination?.cause, "grant_revoked");
      await assert.rejects(bob.containers.start(ref), { code: "grant_revoked" });
    }
    await assert.rejects(read(bob, id), { code: "volume_not_found" });
    assert.equal((await bob.events.list({ subject: reading.id })).at(-1)?.type, "grant.ended");
    // The owner's volume outlives whoever mounts it, whatever they ask.
    for (const ref of [made.id, copied.id]) await bob.containers.remove(ref, { volumes: true, ...WAIT });

    await owner.grants.create({ volume: "data" }, { user: "bob", access: "use" });
    await bob.volumes.putFile("@owner/data", "/f", Buffer.from("by bob"), { mode: 0o644 });
    assert.equal(await read(owner, "data"), "by bob");
    assert.deepEqual(
      (await bob.grants.received()).items
        .filter(({ type }) => type === "volume")
        .map(({ names, access }) => [names, access]),
      [[["@owner/data"], "use"]],
    );
  });
});

test("hafen grants, uses and takes back", async () => {
  await owner.volumes.create({ name: "told" });
  await owner.volumes.putFile("told", "/f", Buffer.from("of told"), { mode: 0o644 });
  await using hers = await openCli({ url: world.url, apiKey: owner.apiKey });
  await using his = await openCli({ url: world.url, apiKey: bob.apiKey });
  const id = await hers.ok("grant", "create", "volume", "told", "bob");
  assert.match(await his.ok("grant", "ls"), new RegExp(`^${id} +owner +bob +volume +@owner/told +read`, "m"));
  assert.equal(await his.ok("run", "--rm", "-v", "@owner/told:/data:ro", "busybox", "cat", "/data/f"), "of told");
  const mount = "source=@owner/told,target=/data,readonly";
  assert.equal(await his.ok("run", "--rm", "--mount", mount, "busybox", "cat", "/data/f"), "of told");
  await hers.ok("grant", "rm", "volume", "told", id);
  assert.match((await his("run", "--rm", "-v", "@owner/told:/data:ro", "busybox", "true")).stderr, /Nobody grants you/);
  assert.equal((await hers.ok("grant", "ls", "volume", "told")).split("\n").length, 1);
});

abuse("A3", "another user's volume and image by id, name and grant of somebody else", async () => {
  const volume = await owner.volumes.get("other");
  const image = await owner.images.get("app");
  await owner.grants.create({ volume: "other" }, { user: "bob", access: "use" });
  const refused: string[] = [];
  const note = ({ code }: { code: string }) => refused.push(code) > 0;
  for (const source of [volume.id, "@owner/other", "@bob/other"])
    await assert.rejects(eve.containers.create({ image: "busybox", ...mountOf(source) }), note);
  for (const ref of [image.id, image.digest, "@owner/app", "@bob/app"])
    await assert.rejects(eve.containers.create({ image: ref }), note);
  assert.deepEqual([...new Set(refused)].toSorted(), ["image_not_found", "volume_not_found"]);
  const base = await eve.builds.createFromFiles({ dockerfile: "FROM @owner/app\n" }, WAIT);
  assert.equal(base.failure?.code, "base_not_found");
  const { sql } = world.database;
  const users = await sql<{ id: string; name: string }[]>`select id, name from users`;
  const id = (name: string) => users.find((user) => user.name === name)?.id ?? "";
  const [grant] = await sql<{ id: string }[]>`select id from grants where volume_id = ${volume.id}`;
  const made = await eve.containers.create({ image: "busybox", ...SLEEP, start: false });
  const insert = (ownerId: string, grantId: string | null) => sql`
    insert into mounts (container_id, position, user_id, type, volume_id, volume_owner_id, grant_id, target, read_only)
    values (${made.id}, 9, ${id("eve")}, 'volume', ${volume.id}, ${ownerId}, ${grantId}, '/x', false)`;
  await assert.rejects(insert(id("eve"), null), /mounts_volume_of_owner/);
  await assert.rejects(insert(id("owner"), null), /mounts_granted/);
  await assert.rejects(insert(id("owner"), grant?.id ?? ""), /mounts_by_grant/);
  return "seven requests are 404, a build has no such base, and the database refuses such a mount written by hand";
});

abuse("I6", "creates race with the revocation of the grant they mount by", async () => {
  await owner.volumes.create({ name: "raced" });
  let [made, refused] = [0, 0];
  for (let round = 0; round < 5; round++) {
    const { id } = await owner.grants.create({ volume: "raced" }, { user: "bob", access: "use" });
    const creates = Array.from({ length: 6 }, () =>
      bob.containers.create({ image: "busybox", ...SLEEP, ...mountOf("@owner/raced") }),
    );
    const [, ...all] = await Promise.allSettled([owner.grants.revoke({ volume: "raced" }, id), ...creates]);
    for (const one of all) {
      if (one.status === "fulfilled") made++;
      else {
        assert.equal(one.reason.code, "volume_not_found");
        refused++;
      }
    }
  }
  await eventually("none of them runs", async () => {
    const { items } = await bob.containers.list({ volume: (await owner.volumes.get("raced")).id });
    return items.every(({ state, desired }) => state === "exited" && desired === "exited");
  });
  return `${made} were made before the revocation and ended by it, ${refused} refused; none runs`;
});

test("a user who is deleted takes their grants along: what runs by them is stopped, and their volume goes once nobody mounts it", async () => {
  const leaver = await world.user("leaver");
  const { id } = await leaver.me();
  await leaver.volumes.create({ name: "left" });
  await leaver.volumes.putFile("left", "/f", Buffer.from("x"), { mode: 0o644 });
  await leaver.grants.create({ volume: "left" }, { user: "bob", access: "use" });
  await owner.grants.create({ image: "app" }, { user: "leaver", access: "use" });
  const made = await bob.containers.create({ image: "busybox", ...SLEEP, ...mountOf("@leaver/left") }, WAIT);
  await world.admin.users.remove("leaver");
  await eventually("it has ended", async () => (await bob.containers.get(made.id)).state === "exited");
  await assert.rejects(bob.containers.start(made.id), { code: "grant_revoked" });
  assert.ok((await owner.grants.given({ image: "app" })).every(({ grantee }) => grantee !== "leaver"));
  assert.equal((await world.admin.users.get(id)).state, "removing");
  await bob.containers.remove(made.id, { volumes: true, ...WAIT });
  await eventually("the user is gone", async () => (await world.admin.users.get(id)).state === "removed");
});
