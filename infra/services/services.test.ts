import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import postgres from "postgres";
import { engineRequest, openServices, ServiceError, type Services } from "./index.ts";
import { openPlaces, type Places } from "./places.ts";
import { commandLine, findProcesses, isAlive } from "./processes.ts";
import { findShims } from "./shims.ts";
import { until } from "./until.ts";

// A home below a directory that only root can enter, as a checkout in /root is.
let home: string;
let places: Places;

before(async () => {
  home = join(await mkdtemp(join(tmpdir(), "hafen-services-")), "home");
  places = await openPlaces(home, {});
});

after(async () => {
  await rm(join(home, ".."), { recursive: true, force: true });
  // While anything is mounted below it, this would reach the data.
  if (!readFileSync("/proc/self/mountinfo", "utf8").includes(places.run)) await rm(places.run, { recursive: true });
});

test("after kill -9 of everything the next start has the same data, the container still runs, and closing leaves nothing", async () => {
  const first = await openInChild(home);
  await withDatabase(first.services, (sql) => sql`create table kept as select 42 as answer`);
  const container = await startContainer(first.services.engine);
  const pid = await hostPid(first.services.engine, container);

  first.child.kill("SIGKILL");
  for (const daemon of daemons()) process.kill(daemon, "SIGKILL");
  assert.ok(await until(() => daemons().length === 0, 5_000), "the daemons are dead");
  assert.ok(isAlive(pid), "the container runs on without any daemon");

  const startedAt = performance.now();
  const second = await openInChild(home);
  assert.ok(performance.now() - startedAt < 5_000, "ready within 5 s");
  assert.deepEqual([...(await withDatabase(second.services, (sql) => sql`select answer from kept`))], [{ answer: 42 }]);
  assert.equal(await hostPid(second.services.engine, container), pid);
  await assert.rejects(
    openServices({ home, env: {}, say: () => {} }),
    (error) => error instanceof ServiceError && error.code === "busy",
  );

  await second.close();
  assert.ok(isAlive(pid), "a stop leaves the container running");
  const third = await openInChild(home);
  await engineRequest(third.services.engine, "DELETE", `/containers/${container}?force=1`, { timeoutMs: 30_000 });
  await third.close();

  assert.deepEqual(
    findProcesses((other) => commandLine(other).join(" ").includes(places.run)),
    [],
  );
  assert.deepEqual(findShims(places), []);
  assert.ok(!existsSync(`/run/netns/hafen-${places.id}`), "the network namespace is gone");
  assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(places.run), "nothing is mounted");
});

test("an engine that does not answer is named in two lines", async () => {
  const opening = openServices({
    home,
    env: { DOCKER_HOST: "unix:///nonexistent.sock", DATABASE_URL: "postgres://unused", REDIS_URL: "redis://unused" },
    say: () => {},
  });
  await assert.rejects(
    opening,
    (error) => error instanceof ServiceError && error.code === "unreachable" && error.message.split("\n").length === 2,
  );
});

function daemons(): number[] {
  return findProcesses((pid) => {
    const line = commandLine(pid).join(" ");
    return line.includes(places.run) && !line.includes("containerd-shim");
  });
}

interface Opened {
  child: ChildProcess;
  services: Services;
  close(): Promise<void>;
}

/** In a process of its own, which closes in order when its stdin ends: also when this one is killed or interrupted. */
async function openInChild(directory: string): Promise<Opened> {
  const program = `
    import { openServices } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
    process.stdout.on("error", () => {});
    const services = await openServices({ home: ${JSON.stringify(directory)}, env: {}, say: () => {} });
    process.stdin.on("end", () => services.close()).resume();
    console.log(JSON.stringify(services));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, "line"), ended.then(() => [])])) as [string?];
  assert.ok(line, "the services open");
  const close = async () => {
    child.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  };
  return { child, services: JSON.parse(line) as Services, close };
}

async function startContainer(engine: string): Promise<string> {
  const tar = createReadStream(process.env.HAFEN_TEST_BUSYBOX_TAR as string);
  await engineRequest(engine, "POST", "/images/create?fromSrc=-&repo=busybox&tag=test", { tar, timeoutMs: 30_000 });
  const created = await engineRequest(engine, "POST", "/containers/create", {
    json: { Image: "busybox:test", Cmd: ["sleep", "120"] },
    timeoutMs: 30_000,
  });
  const { Id } = JSON.parse(created.body) as { Id: string };
  const started = await engineRequest(engine, "POST", `/containers/${Id}/start`, { timeoutMs: 30_000 });
  assert.equal(started.status, 204, started.body);
  return Id;
}

async function hostPid(engine: string, container: string): Promise<number> {
  const { body } = await engineRequest(engine, "GET", `/containers/${container}/json`);
  return (JSON.parse(body) as { State: { Pid: number } }).State.Pid;
}

async function withDatabase<T>({ databaseUrl }: Services, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const url = new URL(databaseUrl);
  const sql = postgres({
    host: url.searchParams.get("host") as string,
    username: url.username,
    database: url.pathname.slice(1),
    max: 1,
  });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
