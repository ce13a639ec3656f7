import { chown, mkdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ensureAccount } from "./accounts.ts";
import { run } from "./command.ts";
import { startDaemon } from "./daemon.ts";
import { exposeDirectory, hideDirectory, isRoot, type Places } from "./places.ts";
import { pidFrom, stopProcess } from "./processes.ts";
import type { Service } from "./service.ts";
import { until } from "./until.ts";

const ACCOUNT = "hafen";
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

/** Hafen's own Redis on a private unix socket. */
export async function openRedis(places: Places, program: string): Promise<Service & { redisUrl: string }> {
  const account = isRoot ? await ensureAccount(ACCOUNT) : undefined;
  await using undo = new AsyncDisposableStack();
  undo.defer(() => hideDirectory(places, "redis"));
  const data = await exposeDirectory(places, "redis");
  const sockets = join(places.run, "redis");
  await mkdir(sockets, { recursive: true, mode: 0o700 });
  if (account) {
    await chown(sockets, account.uid, account.gid);
    if ((await stat(data)).uid !== account.uid) await run("chown", ["-R", `${account.uid}:${account.gid}`, data]);
  }
  const socket = join(sockets, "redis.sock");
  const settings = {
    port: "0",
    unixsocket: socket,
    unixsocketperm: "700",
    dir: data,
    pidfile: join(sockets, "redis.pid"),
    daemonize: "no",
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    // BullMQ loses jobs when Redis evicts keys.
    "maxmemory-policy": "noeviction",
  };
  const pid =
    (await adopt(settings.pidfile, socket)) ??
    (await startDaemon({
      name: "Redis",
      program,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      env: { LC_ALL: "C.UTF-8" },
      logFile: join(places.log, "redis.log"),
      account,
      timeoutMs: START_TIMEOUT_MS,
      ready: () => answers(socket),
    }));
  undo.defer(() => stopProcess(pid, "SIGTERM", STOP_TIMEOUT_MS));

  const opened = undo.move();
  return { redisUrl: `unix://${socket}`, pids: [pid], close: () => opened.disposeAsync() };
}

async function adopt(pidFile: string, socket: string): Promise<number | undefined> {
  const pid = await pidFrom(pidFile, socket);
  if (pid === undefined) return undefined;
  if (await until(() => answers(socket), 5_000)) return pid;
  await stopProcess(pid, "SIGTERM", STOP_TIMEOUT_MS);
  return undefined;
}

async function answers(socket: string): Promise<boolean> {
  const client = connect(socket);
  client.setTimeout(2_000, () => client.destroy());
  client.end("PING\r\n");
  return text(client).then(
    (reply) => reply.startsWith("+PONG"),
    () => false,
  );
}
