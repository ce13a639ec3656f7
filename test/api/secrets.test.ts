import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { eventually, startWorld, type World } from "../support/index.ts";

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user();
});
after(() => world[Symbol.asyncDispose]());

const SLEEPING = { image: "busybox", command: ["sleep", "1000"] };
const WAIT = { waitSeconds: 60 };

async function read(container: string, path: string): Promise<string> {
  const { stdout, stderr } = await user.containers.exec(container, { command: ["cat", path] });
  return `${stdout}${stderr}`;
}

test("a container finds its secrets where they were asked for, as their owner, and nobody can write them", async () => {
  await user.secrets.store("db", "pässword");
  const bytes = randomBytes(64 * 1024);
  await user.secrets.store("bytes", bytes);
  const { secrets } = await user.containers.create(
    {
      ...SLEEPING,
      name: "reader",
      secrets: [{ name: "db" }, { name: "bytes", target: "/etc/app/key", uid: 1000, gid: 1001, mode: "0400" }],
    },
    WAIT,
  );
  assert.deepEqual(
    secrets.map(({ id, ...secret }) => (assert.match(id, /^sec_/), secret)),
    [
      { name: "db", target: "/run/secrets/db", uid: 0, gid: 0, mode: "444", version: 1 },
      { name: "bytes", target: "/etc/app/key", uid: 1000, gid: 1001, mode: "400", version: 1 },
    ],
  );
  assert.equal(await read("reader", "/run/secrets/db"), "pässword");
  const { stdout } = await user.containers.exec("reader", {
    command: [
      "sh",
      "-c",
      "stat -c '%u %g %a' /etc/app/key; sha256sum </run/secrets/db; echo x >/run/secrets/db || echo kept",
    ],
  });
  assert.match(stdout, /^1000 1001 400\n[0-9a-f]{64} {2}-\nkept\n$/);
  const owned = await user.containers.exec("reader", { command: ["wc", "-c", "/etc/app/key"], user: "1000" });
  assert.equal(owned.stdout, `${bytes.length} /etc/app/key\n`);
  const stranger = await user.containers.exec("reader", { command: ["cat", "/etc/app/key"], user: "1002" });
  assert.match(stranger.stderr, /Permission denied/);
});

test("a new value comes with the next start, and which one a container has is told", async () => {
  await user.secrets.store("turning", "one");
  await user.containers.create({ ...SLEEPING, name: "turner", secrets: [{ name: "turning" }] }, WAIT);
  assert.equal((await user.secrets.store("turning", "two")).version, 2);
  assert.equal(await read("turner", "/run/secrets/turning"), "one");
  assert.deepEqual(
    (await user.secrets.get("turning")).usedBy.map(({ name, version }) => [name, version]),
    [["turner", 1]],
  );
  await user.containers.restart("turner", { graceSeconds: 0 }, WAIT);
  assert.equal(await read("turner", "/run/secrets/turning"), "two");
  assert.equal((await user.containers.get("turner")).secrets[0]?.version, 2);
});

test("a secret that a container is given stays until the container has gone", async () => {
  const { id } = await user.secrets.store("held", "x");
  await user.containers.create({ ...SLEEPING, name: "holder", start: false, secrets: [{ name: id }] }, WAIT);
  await assert.rejects(user.secrets.remove("held"), { code: "secret_in_use" });
  await user.containers.remove("holder", { force: true, ...WAIT });
  await user.secrets.remove("held");
  await assert.rejects(user.secrets.get("held"), { code: "secret_not_found" });
  await assert.rejects(user.containers.create({ ...SLEEPING, secrets: [{ name: "held" }] }), {
    code: "secret_not_found",
  });
});

test("files of secrets are in nobody's copies: where they are is memory, and a copy of more has them empty", async () => {
  await user.secrets.store("copied", "never-in-a-copy");
  const secrets = [{ name: "copied", target: "/home/secret" }];
  for (const profile of ["standard", "restricted"] as const) {
    await user.containers.create({ ...SLEEPING, name: profile, profile, secrets }, WAIT);
    assert.equal(await read(profile, "/home/secret"), "never-in-a-copy");
    await assert.rejects(Array.fromAsync(user.containers.getFile(profile, "/home/secret")), { code: "path_in_memory" });
    const tar = Buffer.concat(await Array.fromAsync(user.containers.getFiles(profile, "/home")));
    assert.ok(tar.includes("home/secret") && !tar.includes("never-in-a-copy"));
    await user.containers.stop(profile, { graceSeconds: 0 }, WAIT);
    const stopped = Buffer.concat(await Array.fromAsync(user.containers.getFiles(profile, "/home")));
    assert.ok(stopped.includes("home/secret") && !stopped.includes("never-in-a-copy"));
  }
});

test("what cannot be is refused, and says why", async () => {
  for (const [name, value, code] of [
    ["big", randomBytes(64 * 1024 + 1), "body_too_large"],
    ["bad name", "x", "invalid_request"],
    ["-x", "x", "invalid_request"],
  ] as const)
    await assert.rejects(user.secrets.store(name, value), { code }, name);
  await user.secrets.store("empty", "");
  const refused = async (secrets: object[], code: string) =>
    assert.rejects(user.containers.create({ ...SLEEPING, secrets } as never), { code }, JSON.stringify(secrets));
  await refused([{ name: "empty" }, { name: "empty" }], "mount_invalid");
  await refused(
    [
      { name: "empty", target: "/a" },
      { name: "empty", target: "//a/" },
    ],
    "mount_invalid",
  );
  await refused([{ name: "empty", target: "/a/../b" }], "invalid_request");
  await refused([{ name: "empty", target: "/" }], "invalid_request");
  await refused([{ name: "empty", mode: "4755" }], "invalid_request");
  await refused([{ name: "nobody's" }], "invalid_request");
  await refused([{ name: "nobodys" }], "secret_not_found");
});

test("raw bytes are stored as they come", async () => {
  const put = (type: string, body: Buffer<ArrayBuffer> | string) =>
    fetch(`${world.url}/v1/secrets/raw`, {
      method: "PUT",
      headers: { authorization: `Bearer ${user.apiKey}`, "content-type": type },
      body,
    });
  const answer = (await (await put("application/octet-stream", Buffer.from([0, 255, 10]))).json()) as object;
  assert.deepEqual(Object.keys(answer).toSorted(), [
    "createdAt",
    "id",
    "name",
    "sizeBytes",
    "updatedAt",
    "usedBy",
    "version",
  ]);
  assert.equal((await put("text/plain", "x")).status, 415);
  const odd = await put("application/json", JSON.stringify({ value: "no base64!", encoding: "base64" }));
  assert.equal(((await odd.json()) as { code: string }).code, "invalid_request");
  const nul = await put("application/json", JSON.stringify({ value: "\0" }));
  assert.equal(((await nul.json()) as { sizeBytes: number }).sizeBytes, 1);
  await user.containers.create({ ...SLEEPING, name: "raw", secrets: [{ name: "raw" }] }, WAIT);
  assert.equal(
    (await user.containers.exec("raw", { command: ["od", "-An", "-tx1", "/run/secrets/raw"] })).stdout.trim(),
    "00",
  );
});

test("a hundred are the most, however many ask at once", async () => {
  const many = await world.user("collector");
  const results = await Promise.allSettled(Array.from({ length: 104 }, (_, at) => many.secrets.store(`s${at}`, "x")));
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 100);
  await many.secrets.store((await many.secrets.list())[0]?.name ?? "", "replaced");
});

test("under a new key old values open, all come under it, and the old one can go; a host without key or memory says so", async () => {
  await user.secrets.store("rotated", "kept through it");
  await user.containers.create({ ...SLEEPING, name: "rotating", secrets: [{ name: "rotated" }] }, WAIT);
  const older = world.env["HAFEN_SECRET_KEY"] ?? "";
  const newer = randomBytes(32).toString("base64");
  const begin = () => world.database.sql<{ key: string }[]>`
    select distinct encode(substring(sealed_value from 1 for 8), 'hex') as key from secrets`;
  const [first] = await begin();
  await world.worker.stop();
  await world.worker.start({ HAFEN_SECRET_KEY: `${newer}\n${older}` });
  await eventually("all secrets are under one other key", async () => {
    const keys = await begin();
    return keys.length === 1 && keys[0]?.key !== first?.key;
  });
  await world.worker.stop();
  await world.worker.start({ HAFEN_SECRET_KEY: newer });
  await user.containers.restart("rotating", { graceSeconds: 0 }, WAIT);
  assert.equal(await read("rotating", "/run/secrets/rotated"), "kept through it");

  await world.worker.stop();
  await world.worker.start({ HAFEN_SECRET_KEY: older });
  await eventually("the worker says what it cannot open", () =>
    /sealed by keys that this host/.test(world.worker.output()),
  );
  const closed = async () => (await world.admin.hosts.get(world.hostName)).sealedElsewhere;
  assert.ok((await closed()) >= 100);
  const { state, termination } = await user.containers.restart("rotating", { graceSeconds: 0 }, WAIT);
  assert.equal(state, "exited");
  assert.match(termination?.detail ?? "", /rotated does not open/);
  await world.worker.stop();
  await world.worker.start({ HAFEN_SECRET_KEY: older, HAFEN_SECRETS_DIRECTORY: "" });
  const failed = await user.containers.create({ ...SLEEPING, secrets: [{ name: "rotated" }] }, WAIT);
  assert.match(failed.failure?.detail ?? "", /HAFEN_SECRETS_DIRECTORY/);
  assert.equal((await user.containers.stop("turner", { graceSeconds: 0 }, WAIT)).state, "exited");

  await world.worker.stop();
  await world.worker.start({ HAFEN_SECRET_KEY: older });
  await user.secrets.store("rotated", "stored again");
  await user.containers.start("rotating", WAIT);
  assert.equal(await read("rotating", "/run/secrets/rotated"), "stored again");
});
