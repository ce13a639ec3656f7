import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { insideOf, namespaceOf } from "@hafen/infra/testing";
import { eventually, openOwnEngine, startWorld, type OwnEngine } from "../support/index.ts";

/** The package mirror: a public address. */
const MIRROR = "203.0.113.80";
const SLEEP = { image: "busybox", command: ["sleep", "1000"] };
const WAIT = { waitSeconds: 60 };

let engine: OwnEngine;
before(async () => {
  engine = await openOwnEngine();
});
after(() => engine[Symbol.asyncDispose]());

test("F34 packet rules that somebody takes away are back, and the engine's own that are flushed open nothing", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const [program = "", ...enter] = insideOf(engine.address);
  const inside = (...args: string[]) => promisify(execFile)(program, [...enter, ...args]);
  const tables = async () =>
    [...(await inside("nft", "list", "tables")).stdout.matchAll(/inet (hafen\w+)/g)].map(([, name = ""]) => name);
  const made = (policy: "none" | "internet") =>
    world.admin.containers.create(
      { image: "busybox", command: ["sleep", "1000"], egress: { policy } },
      { waitSeconds: 60 },
    );
  const [closed, open] = [await made("none"), await made("internet")];
  const reaches = async ({ id }: { id: string }) => {
    const command = ["sh", "-c", `nc -w 2 ${MIRROR} 80 </dev/null`];
    return (await world.admin.containers.exec(id, { command })).exitCode === 0;
  };
  assert.deepEqual([await reaches(closed), await reaches(open)], [false, true]);

  const known = (await tables()).toSorted();
  assert.ok(known.length >= 2, known.join());
  for (const table of known) await inside("nft", "delete", "table", "inet", table);
  await eventually("all tables are back", async () => (await tables()).toSorted().join() === known.join());
  await eventually("it is closed again", async () => !(await reaches(closed)));
  assert.ok(await reaches(open));

  await inside("iptables", "-F", "FORWARD");
  await inside("iptables", "-P", "FORWARD", "ACCEPT");
  assert.ok(!(await reaches(closed)));
});

test("F34 an element that somebody takes out of a set holds up nobody: containers end, start and reach what they may", async () => {
  await using world = await startWorld({ env: { DOCKER_HOST: engine.address } });
  const [program = "", ...enter] = insideOf(engine.address);
  const inside = (...args: string[]) => promisify(execFile)(program, [...enter, ...args]);
  const made = () => world.admin.containers.create(SLEEP, WAIT);
  const reaches = async ({ id }: { id: string }) => {
    const command = ["sh", "-c", `nc -w 2 ${MIRROR} 80 </dev/null`];
    return (await world.admin.containers.exec(id, { command })).exitCode === 0;
  };
  const [going, staying] = [await made(), await made()];
  const table = `hafen_${(await world.hostId()).slice(-10)}`;
  await inside("nft", "flush", "set", "inet", table, "internet");
  assert.ok(!(await reaches(staying)));
  await world.admin.containers.remove(going.id, { force: true, ...WAIT });
  await eventually("the one that stays is let out again", () => reaches(staying));
  const next = await made();
  assert.deepEqual([next.state, await reaches(next)], ["running", true]);
});

test("where no rules can be set nothing starts and all else goes on; it starts once they can", async () => {
  const home = await mkdtemp(join(tmpdir(), "hafen-nft-"));
  const broken = join(home, "broken");
  const program = `#!/bin/sh\n[ ! -e ${broken} ] || { echo out of order >&2; exit 1; }\nPATH="$REAL_PATH" exec nft "$@"\n`;
  await writeFile(join(home, "nft"), program, { mode: 0o755 });
  const path = process.env["PATH"] ?? "";
  const env = { DOCKER_HOST: engine.address, PATH: `${home}:${path}`, REAL_PATH: path };
  try {
    await using world = await startWorld({ env });
    const running = await world.admin.containers.create(SLEEP, WAIT);
    await writeFile(broken, "");
    const { id } = await world.admin.containers.create(SLEEP);
    const failures = async () =>
      (await world.database.sql`select failures from containers where id = ${id}`)[0]?.["failures"];
    await eventually("its start has failed", async () => (await failures()) > 0);
    assert.equal((await world.engine.inspectContainer(id))?.startedAt, undefined);
    assert.equal((await world.admin.containers.stop(running.id, { graceSeconds: 0 }, WAIT)).state, "exited");
    await rm(broken);
    await eventually("it runs", async () => (await world.admin.containers.get(id)).state === "running");
  } finally {
    await rm(home, { recursive: true });
  }
});

test("a registry inside that the operator names is reached by the engine on its port, and by no container", async () => {
  const link = networkInterfaces()[namespaceOf(engine.address) ?? ""]?.find(({ family }) => family === "IPv4");
  const address = link?.address ?? assert.fail("the engine has no link");
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, address);
    await once(server, "listening");
    ports.push((server.address() as { port: number }).port);
  }
  const [named, other] = ports;
  await using world = await startWorld({
    env: { DOCKER_HOST: engine.address, HAFEN_REGISTRIES: `${address}:${named}` },
  });
  const [program = "", ...enter] = insideOf(engine.address);
  const fromEngine = (port: number | undefined) =>
    promisify(execFile)(program, [...enter, "timeout", "3", "bash", "-c", `</dev/tcp/${address}/${port}`]);
  await fromEngine(named);
  await assert.rejects(fromEngine(other), /refused/);
  const { id } = await world.admin.containers.create(SLEEP, WAIT);
  const { stderr } = await world.admin.containers.exec(id, { command: ["sh", "-c", `nc -w 2 ${address} ${named}`] });
  assert.match(stderr, /refused/);
  for (const server of servers) server.close();
});
