import { chown, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { type Account, ensureAccount } from "./accounts.ts";
import { run } from "./command.ts";
import { startDaemon } from "./daemon.ts";
import { ServiceError } from "./error.ts";
import type { Say } from "./packages.ts";
import { exposeDirectory, hideDirectory, isRoot, type Places } from "./places.ts";
import { type PostgresBinaries, stageBinaries } from "./postgres-binaries.ts";
import { findProcesses, pidFrom, stopProcess, workingDirectory } from "./processes.ts";
import type { Service } from "./service.ts";
import { until } from "./until.ts";

// The cluster's superuser; Hafen itself connects as the plain role below.
const SUPERUSER = "postgres";
const NAME = "hafen";
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** Hafen's own Postgres: a unix socket in a directory only its account can enter, nothing on TCP. */
export async function openPostgres(places: Places, say: Say): Promise<Service & { databaseUrl: string }> {
  const account = isRoot ? await ensureAccount(NAME) : undefined;
  const root = await exposeDirectory(places, "postgres");
  const binaries = await stageBinaries(root);
  const data = await prepareCluster(root, binaries, account, say);
  const sockets = join(places.run, "postgres");
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  if (account) await chown(sockets, account.uid, account.gid);

  const pid = (await adopt(data, sockets)) ?? (await start(places, binaries, data, sockets, account));
  await ensureDatabase(sockets);
  return {
    databaseUrl: `postgres://${NAME}@localhost/${NAME}?host=${encodeURIComponent(sockets)}`,
    close: async () => {
      await stopProcess(pid, "SIGINT", STOP_TIMEOUT_MS); // "fast" shutdown: clients are cut off, nothing is lost
      await hideDirectory(places, "postgres");
    },
  };
}

/** One directory per major version, made whole under another name first, so a crash leaves no half cluster. */
async function prepareCluster(
  root: string,
  binaries: PostgresBinaries,
  account: Account | undefined,
  say: Say,
): Promise<string> {
  const data = join(root, String(binaries.major));
  const majors = (await readdir(root)).filter((name) => /^\d+$/.test(name));
  if (majors.length > 0 && !majors.includes(String(binaries.major))) {
    throw new ServiceError(
      "wrong_version",
      `${root} holds data of Postgres ${majors.join(", ")}, but this Hafen brings Postgres ${binaries.major}.\nStart the older Hafen, or set DATABASE_URL to a server with that data.`,
    );
  }
  if (majors.length === 0) {
    say(`making a Postgres ${binaries.major} cluster`);
    const unfinished = `${data}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    if (account) await chown(unfinished, account.uid, account.gid);
    const options = [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      "--auth-local=trust",
      "--auth-host=reject",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
    ];
    const initdb = join(binaries.bin, "initdb");
    // Without --no-sync this takes 3 s instead of 0.7 s; a crash before the rename starts over anyway.
    await runAs(account, initdb, [...options, "--no-sync"]);
    await run("sync", ["-f", unfinished]);
    await rename(unfinished, data);
  }
  if (account && (await stat(data)).uid !== account.uid)
    await run("chown", ["-R", `${account.uid}:${account.gid}`, data]);
  return data;
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

async function runAs(account: Account | undefined, program: string, args: string[]): Promise<void> {
  if (!account) await run(program, args);
  else await run("setpriv", [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups", program, ...args]);
}
