import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before } from "node:test";
import { LABELS } from "@hafen/core";
import {
  abuse,
  answersText,
  databaseText,
  engineText,
  eventually,
  filesWith,
  redisText,
  startWorld,
  testRegistries,
  type Kept,
  type World,
} from "../support/index.ts";

const WAIT = { waitSeconds: 60 };
const { guarded } = testRegistries();
const canary = (what: string) => `canary${what}${randomBytes(12).toString("hex")}`;

let world: World;
before(async () => {
  world = await startWorld({ env: { HAFEN_REGISTRIES: guarded } });
});
after(() => world[Symbol.asyncDispose]());

/** As it is, and as those who store bytes write them. */
function forms(word: string): string[] {
  const bytes = Buffer.from(word);
  return [word, bytes.toString("base64").replace(/=+$/, ""), bytes.toString("hex")];
}

abuse("I8", "canaries in secrets, passwords, keys, links and failures, looked for in all that is kept", async () => {
  const visible = canary("Visible");
  const value = canary("Value");
  const next = canary("Next");
  const broken = canary("Broken");
  const password = canary("Password");
  const user = await world.user("planter");
  const planted = { value, next, broken, password, apiKey: user.apiKey, adminKey: world.adminKey } as Record<
    string,
    string
  >;
  const logs: string[] = [];
  const send = (method: string, path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${world.url}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${user.apiKey}`, "content-type": "application/json", ...headers },
    });

  // What is stored, and what is refused because it cannot be.
  await user.secrets.store("file", value);
  await user.registries.store(guarded, { username: "alice", password });
  for (const body of [
    JSON.stringify({ value: `${broken}!`, encoding: "base64" }),
    JSON.stringify({ value: [broken] }),
    JSON.stringify({ value: "x", [broken]: 1 }),
    JSON.stringify({ value: broken.repeat(10_000) }),
    `{"value": "${broken}`,
  ])
    assert.ok((await send("PUT", "/v1/secrets/other", body)).status >= 400);
  await user.registries.store(guarded, { username: "alice", password: password.repeat(1000) }).catch(() => {});
  const key = await user.keys.create({ name: "second" }, { idempotencyKey: "once" });
  planted["secondKey"] = key.apiKey;
  await assert.rejects(user.keys.create({ name: "second" }, { idempotencyKey: "once" }), { code: "secret_shown_once" });

  // Containers, whose worker is killed on their way.
  const body = {
    image: "busybox",
    command: ["sh", "-c", "export DB=$(cat /run/secrets/file) && nc -ll -p 80 -e echo hello & exec sleep 1000"],
    env: { VISIBLE: visible },
    secrets: [{ name: "file" }, { name: "file", target: "/home/two", mode: "0400" }],
    ports: [{ container: 80 }],
  };
  const made = await Promise.all(["a", "b", "c", "d"].map((name) => user.containers.create({ ...body, name })));
  const host = { key: LABELS.host, value: await world.hostId() };
  await eventually("one is there", async () => (await world.engine.listContainers(host)).length > 0);
  await world.worker.kill();
  logs.push(world.worker.output());
  await world.worker.start();
  for (const { id } of made)
    await eventually("it runs", async () => (await user.containers.get(id)).state === "running");
  const digest = createHash("sha256").update(value).digest("hex");
  for (const { id } of made) {
    const { stdout } = await user.containers.exec(id, { command: ["sha256sum", "/run/secrets/file"] });
    assert.ok(stdout.startsWith(digest), id);
  }

  // What reads them and shows them, once, to who asked.
  const exec = () =>
    send("POST", "/v1/containers/a/exec", JSON.stringify({ command: ["cat", "/home/two"] }), {
      "idempotency-key": "cat",
    });
  assert.match(await (await exec()).text(), new RegExp(value));
  assert.match(await (await exec()).text(), /secret_shown_once/);
  const missing = await user.containers.exec("a", { command: ["sh", "-c", "exec $(cat /run/secrets/file)"] });
  assert.notEqual(missing.exitCode, 0);
  const link = await user.links.create("a", 80, {});
  planted["link"] = link.token;
  await fetch(link.url).catch(() => {});

  // Images, of which one fails, and one that a registry refuses.
  const committed = await user.containers.commit("a", { tag: "committed" }, WAIT);
  assert.equal(committed.state, "succeeded");
  const built = await user.builds.createFromFiles(
    { dockerfile: "FROM committed\nRUN ls -l /run/secrets\n" },
    { tag: "built", ...WAIT },
  );
  assert.equal(built.state, "succeeded");
  const failing = await user.builds.createFromFiles(
    { dockerfile: "FROM committed\nRUN cat /run/secrets/file; exit 3\n" },
    WAIT,
  );
  assert.equal(failing.state, "failed");
  const mounted = { dockerfile: "FROM committed\nRUN --mount=type=secret,id=file cat /run/secrets/file\n" };
  assert.equal((await user.builds.createFromFiles(mounted, WAIT)).failure?.code, "dockerfile_invalid");
  const tag = `${guarded}/team/app:1`;
  await user.images.tag("built", tag);
  assert.equal((await user.images.push(tag, tag, WAIT)).failure?.reason, "unauthorized");

  // The value of later, and ends of every kind.
  await user.secrets.store("file", next);
  await user.containers.restart("b", { graceSeconds: 0 }, WAIT);
  await user.containers.stop("c", { graceSeconds: 0 }, WAIT);
  await user.containers.remove("d", { force: true, ...WAIT });
  await assert.rejects(user.secrets.remove("file"), { code: "secret_in_use" });
  await user.containers.create({ ...body, image: "built", name: "e", command: ["nothing-there"] }, WAIT);
  await user.containers.create({ ...body, image: "built", name: "f" }, WAIT);

  const things = {
    containers: ["a", "b", "c", "e", "f"],
    images: ["committed", "built"],
    builds: [committed.id, built.id, failing.id],
    secrets: ["file"],
    volumes: [],
    users: ["planter"],
    hosts: [world.hostName],
  };
  const kept: Kept = new Map([
    ["database", await databaseText(world)],
    ["redis", await redisText(world)],
    ["engine", await engineText(world)],
    ["logs", [...logs, world.worker.output(), world.api.output()].join("\n")],
    ...(await answersText(world.url, user.apiKey, things)),
    ...[...(await answersText(world.url, world.adminKey, { users: things.users, hosts: things.hosts }))].map(
      ([place, text]): [string, string] => [`admin: ${place}`, text],
    ),
  ]);
  for (const [place, text] of kept) {
    for (const [what, word] of Object.entries(planted))
      for (const form of forms(word)) assert.ok(!text.includes(form), `${what} is in ${place}`);
    // Any token that opens a stream at a worker: `{"action":"` in base64.
    assert.ok(!text.includes("eyJhY3Rpb24i"), `a stream token is in ${place}`);
  }
  for (const [place, text] of kept) assert.doesNotMatch(text, /"code":"internal"/, place);
  assert.deepEqual(await filesWith(world, Object.values(planted).flatMap(forms)), []);

  // The same look finds what is there to be found.
  for (const place of ["database", "engine", "GET /v1/containers", "GET /v1/containers/a"])
    assert.ok(kept.get(place)?.includes(visible), `the variable is not in ${place}`);
  assert.ok((await filesWith(world, [visible])).some((path) => path.endsWith("config.v2.json")));
  for (const place of ["redis", "logs"]) assert.notEqual(kept.get(place)?.trim(), "", place);
  for (const id of things.containers)
    assert.match(kept.get(`GET /v1/containers/${id}/files?path=/`) ?? "", /home\/two/, id);
  return `${kept.size} places and the engine's own files hold none of ${Object.keys(planted).length} canaries; a plain variable is found in them.`;
});
