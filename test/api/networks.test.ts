import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { after, before, describe, test } from "node:test";
import { eventually, requireEnv, startWorld, type World } from "../support/index.ts";

const WAIT = { waitSeconds: 60 };

let world: World;
let user: Awaited<ReturnType<World["user"]>>;
before(async () => {
  world = await startWorld();
  user = await world.user("networks", { running: 20, cpus: 20 });
  const tar = createReadStream(requireEnv("HAFEN_TEST_DEBIAN_TAR"));
  const build = await world.admin.images.import(tar, { tag: "debian", catalog: true, ...WAIT });
  assert.equal(build.state, "succeeded");
});
after(() => world[Symbol.asyncDispose]());

type Client = typeof user;
/** A page served under a name. */
async function serve(client: Client, name: string): Promise<string> {
  const command = ["sh", "-c", `mkdir /www; echo I am ${name} > /www/index.html; exec httpd -f -p 80 -h /www`];
  return (await client.containers.create({ image: "busybox", name, command }, WAIT)).id;
}
/** A static busybox cannot look names up, so that who asks is a Debian. */
async function asker(client: Client): Promise<string> {
  return (await client.containers.create({ image: "debian", command: ["sleep", "1000"] }, WAIT)).id;
}
const FETCH = 'exec 3<>"/dev/tcp/$0/80" && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && tail -n 1 <&3';
async function fetchPage(client: Client, from: string, host: string): Promise<string> {
  const { stdout } = await client.containers.exec(from, {
    command: ["timeout", "3", "bash", "-c", FETCH, host],
  });
  return stdout.trim();
}
async function addressOf(client: Client, id: string): Promise<string> {
  const { stdout } = await client.containers.exec(id, { command: ["ip", "-4", "-o", "address", "show", "eth0"] });
  return /inet ([\d.]+)/.exec(stdout)?.[1] ?? assert.fail(stdout);
}

describe("a user's containers", () => {
  test("find each other by name, a renamed one by its new name from its next start", async () => {
    const [web, from] = [await serve(user, "web"), await asker(user)];
    await eventually("it serves", async () => (await fetchPage(user, from, "web")) === "I am web");
    await user.containers.rename(web, "www");
    assert.equal(await fetchPage(user, from, "web"), "I am web");
    await user.containers.restart(web, { graceSeconds: 0 }, WAIT);
    await eventually("it serves", async () => (await fetchPage(user, from, "www")) === "I am web");
    assert.equal(await fetchPage(user, from, "web"), "");
  });

  test("are not reached by another user's, not by name and not by address", async () => {
    const [secret, from] = [await serve(user, "secret"), await asker(user)];
    const address = await addressOf(user, secret);
    await eventually("it serves", async () => (await fetchPage(user, from, address)) === "I am secret");
    const stranger = await world.user("stranger");
    const [, other] = [await serve(stranger, "theirs"), await asker(stranger)];
    await eventually("theirs serves", async () => (await fetchPage(stranger, other, "theirs")) === "I am theirs");
    assert.equal(await fetchPage(stranger, other, "secret"), "");
    assert.equal(await fetchPage(stranger, other, address), "");
    assert.equal(await fetchPage(user, from, "theirs"), "");
  });

  test("get their network back when it was removed on the host, and it goes once nobody uses it", async () => {
    const lonely = await world.user("lonely");
    const web = await serve(lonely, "back");
    await lonely.containers.stop(web, { graceSeconds: 0 }, WAIT);
    const label = { key: "hafen.user", value: (await lonely.me()).id };
    const [network] = await world.engine.listNetworks(label);
    await world.engine.removeNetwork(network?.name ?? "");
    const { state, failure } = await lonely.containers.start(web, WAIT);
    assert.deepEqual([state, failure], ["running", null]);
    assert.deepEqual(await world.engine.listNetworks(label), [network]);
    const body = { image: "busybox", command: ["echo", "all of it"], start: false };
    const { id: once } = await lonely.containers.create(body, WAIT);
    await lonely.containers.stop(web, { graceSeconds: 0 }, WAIT);
    await world.engine.removeNetwork(network?.name ?? "");
    const attachment = await lonely.containers.attach(once, { start: true });
    const pieces = await Array.fromAsync(attachment.output);
    assert.equal(Buffer.concat(pieces.map(({ data }) => data)).toString(), "all of it\n");
    await lonely.containers.start(web, WAIT);
    const from = await asker(lonely);
    await eventually("it is found again", async () => (await fetchPage(lonely, from, "back")) === "I am back");
    for (const id of [web, from, once]) await lonely.containers.remove(id, { force: true, ...WAIT });
    await world.database.sql`update networks set used_at = now() - interval '1 hour'`;
    // Each worker clears up when it starts, and every minute after.
    await world.worker.kill();
    await world.worker.start();
    await eventually("it is gone", async () => (await world.engine.listNetworks(label)).length === 0);
  });
});
