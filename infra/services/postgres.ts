import { chown, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { type Account, ensureAccount } from "./accounts.ts";
import { startDaemon } from "./daemon.ts";
import type { Say } from "./packages.ts";
import { exposeDirectory, hideDirectory, isRoot, type Places } from "./places.ts";
import { type PostgresBinaries, stageBinaries } from "./postgres-binaries.ts";
import { prepareCluster, SUPERUSER } from "./postgres-cluster.ts";
import { findProcesses, pidFrom, stopProcess, workingDirectory } from "./processes.ts";
import type { Service } from "./service.ts";
import { until } from "./until.ts";

// The account, the role and the database. The role is a plain one: it may make databases, no more.
const NAME = "hafen";
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Hafen's own Postgres: a unix socket in a directory only its account can enter, nothing on TCP. */
export async function openPostgres(places: Places, say: Say): Promise<Service & { databaseUrl: string }> {
  const account = isRoot ? await ensureAccount(NAME) : undefined;
  await using undo = new AsyncDisposableStack();
  undo.defer(() => hideDirectory(places, "postgres"));
  const root = await exposeDirectory(places, "postgres");
  const binaries = await stageBinaries(root);
  const data = await prepareCluster(root, binaries, account, say);
  const sockets = join(places.run, "postgres");
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  if (account) await chown(sockets, account.uid, account.gid);

  const pid = (await adopt(data, sockets)) ?? (await start(places, binaries, data, sockets, account));
  undo.defer(() => stopProcess(pid, "SIGINT", STOP_TIMEOUT_MS)); // "fast": clients are cut off, nothing is lost
  await ensureDatabase(sockets);

  const opened = undo.move();
  const databaseUrl = `postgres://${NAME}@localhost/${NAME}?host=${encodeURIComponent(sockets)}`;
  return { databaseUrl, pids: [pid], close: () => opened.disposeAsync() };
}

async function adopt(data: string, sockets: string): Promise<number | undefined> {
  const pidFile = join(data, "postmaster.pid");
  const pid = await pidFrom(pidFile, `-D ${data}`);
  if (pid !== undefined) {
    if (await until(() => answers(sockets), 5_000)) return pid;
    await stopProcess(pid, "SIGINT", STOP_TIMEOUT_MS);
  }
  // Backends of a killed postmaster end by themselves; until then its shared memory refuses a new one.
  await until(() => findProcesses((other) => workingDirectory(other) === data).length === 0, 10_000);
  // Postgres believes any living number in its lock files, even a zombie's or a stranger's.
  await rm(pidFile, { force: true });
  await rm(join(sockets, ".s.PGSQL.5432.lock"), { force: true });
  return undefined;
}

function start(
  places: Places,
  binaries: PostgresBinaries,
  data: string,
  sockets: string,
  account: Account | undefined,
): Promise<number> {
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${sockets}`,
    "unix_socket_permissions=0700",
    "max_connections=300",
    "timezone=UTC",
    "log_timezone=UTC",
  ];
  return startDaemon({
    name: "Postgres",
    program: join(binaries.bin, "postgres"),
    args: ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    env: { PATH: binaries.bin, LC_ALL: "C.UTF-8" },
    logFile: join(places.log, "postgres.log"),
    account,
    timeoutMs: START_TIMEOUT_MS,
    ready: () => answers(sockets),
  });
}

async function answers(sockets: string): Promise<boolean> {
  return withSuperuser(sockets, (sql) => sql`select 1`).then(
    () => true,
    () => false,
  );
}

async function ensureDatabase(sockets: string): Promise<void> {
  await withSuperuser(sockets, async (sql) => {
    const roles = await sql`select 1 from pg_roles where rolname = ${NAME}`;
    if (roles.length === 0) await sql.unsafe(`create role ${NAME} login createdb`);
    const databases = await sql`select 1 from pg_database where datname = ${NAME}`;
    if (databases.length === 0) await sql.unsafe(`create database ${NAME} owner ${NAME}`);
  });
}

async function withSuperuser<T>(sockets: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres({
    host: sockets,
    username: SUPERUSER,
    database: "postgres",
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
