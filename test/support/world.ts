import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { once } from "node:events";
import { promisify } from "node:util";
import { ensureAdmin, LABELS } from "@hafen/core";
import { openDatabase, type Database } from "@hafen/db";
import { openDocker, type Engine } from "@hafen/engine";
import { Hafen } from "@hafen/sdk";
import { namespaceOf, removeCgroups } from "@hafen/infra/testing";
import { clearNetwork } from "./clear-network.ts";
import { cloneDatabase } from "./database.ts";
import { requireEnv } from "./environment.ts";
import { eventually } from "./eventually.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** One Hafen of its own: a cloned database, a queue prefix, an api and a worker as processes, on the shared engine. */
export interface World extends AsyncDisposable {
  url: string;
  adminKey: string;
  /** The admin's client. */
  admin: Hafen;
  /** Makes a user and returns its client. */
  user(name?: string, quota?: Record<string, number>): Promise<Hafen & { apiKey: string }>;
  database: Database;
  engine: Engine;
  hostName: string;
  hostId(): Promise<string>;
  api: Process;
  /** Another api beside the first, not yet started. */
  anotherApi(): Process & { url(): string };
  worker: Process;
  /** Another worker for the same host, not yet started: it waits for the lease. */
  anotherWorker(): Process;
  env: Record<string, string>;
}

export interface Process {
  pid(): number;
  /** What it printed, for a failing test's evidence. */
  output(): string;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  start(extraEnv?: Record<string, string>): Promise<void>;
}

export interface WorldOptions {
  /** Extra environment for api and worker. */
  env?: Record<string, string>;
  /** Default true: imports busybox as the catalog's `busybox`. */
  busybox?: boolean;
  /** Default true. */
  worker?: boolean;
  /** Default: the one that all tests share. */
  databaseServer?: string;
  /** Default true; false: the queue lives in Postgres. */
  redis?: boolean;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const id = randomBytes(5).toString("hex");
  const clone = await cloneDatabase(`world_${id}`, options.databaseServer);
  const env: Record<string, string> = {
    DATABASE_URL: clone.url,
    ...(options.redis === false ? {} : { REDIS_URL: requireEnv("HAFEN_TEST_REDIS_URL") }),
    DOCKER_HOST: requireEnv("HAFEN_TEST_ENGINE"),
    HAFEN_STREAM_SECRET: randomBytes(32).toString("hex"),
    HAFEN_SECRET_KEY: randomBytes(32).toString("base64"),
    HAFEN_QUEUE_PREFIX: `test-${id}`,
    HAFEN_HOST_NAME: `host-${id}`,
    HAFEN_CGROUP_ROOT: `/hafen-test-${id}`,
    HAFEN_SECRETS_DIRECTORY: `/run/hafen-test-${id}`,
    HAFEN_PORT: "0",
    // No test asks a registry of the world outside.
    HAFEN_REGISTRIES: "",
    // A test asks faster than people do, and all from one address.
    HAFEN_RATE_KEY: "0",
    HAFEN_RATE_ADDRESS: "0",
    HAFEN_RATE_FAILURES: "0",
    ...options.env,
  };
  const namespace = namespaceOf(env["DOCKER_HOST"] ?? "");
  if (namespace !== undefined) env["HAFEN_ENGINE_NAMESPACE"] ??= namespace;
  const database = openDatabase(clone.url, { connections: 5 });
  const engine = openDocker(env["DOCKER_HOST"] ?? "");
  const adminKey = await ensureAdmin(database.db, "admin", undefined);
  const api = processOf("apps/api/src/main.ts", env);
  const worker = processOf("apps/worker/src/main.ts", env);
  const others: Process[] = [];
  const close = async () => {
    for (const other of others) await other.kill();
    await worker.stop();
    await api.stop();
    await clearEngine(database, engine);
    const hosts = namespace === undefined ? [] : await database.sql<{ id: string }[]>`select id from hosts`;
    for (const { id: hostId } of hosts) await clearNetwork(namespace ?? "", hostId);
    await clearMemory(env["HAFEN_SECRETS_DIRECTORY"] ?? "");
    await removeCgroups((env["HAFEN_CGROUP_ROOT"] ?? "").slice(1));
    await engine.close();
    await database.close();
    await clone.drop();
  };
  try {
    await Promise.all([api.start(), options.worker === false ? undefined : worker.start()]);
    // A restarted api keeps its port, so that clients find it again.
    const port = portOf(api);
    env["HAFEN_PORT"] = port;
    const url = `http://127.0.0.1:${port}`;
    const admin = new Hafen({ url, apiKey: adminKey });
    if (options.worker !== false && options.busybox !== false) await importBusybox(admin);
    let users = 0;
    return {
      url,
      adminKey,
      admin,
      database,
      engine,
      hostName: env["HAFEN_HOST_NAME"] ?? "",
      hostId: async () => (await admin.hosts.get(`host-${id}`)).id,
      api,
      anotherApi() {
        const other = processOf("apps/api/src/main.ts", { ...env, HAFEN_PORT: "0" });
        others.push(other);
        return { ...other, url: () => `http://127.0.0.1:${portOf(other)}` };
      },
      worker,
      anotherWorker() {
        const other = processOf("apps/worker/src/main.ts", env);
        others.push(other);
        return other;
      },
      env,
      async user(name = `user${++users}`, quota) {
        const { apiKey } = await admin.users.create({ name, ...(quota ? { quota } : {}) });
        return Object.assign(new Hafen({ url, apiKey }), { apiKey });
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    const evidence = `api:\n${api.output().slice(-2000)}\nworker:\n${worker.output().slice(-2000)}`;
    await close().catch(() => {});
    throw new Error(`the world did not start\n${evidence}`, { cause: error });
  }
}

function portOf(api: Process): string {
  return /"port":(\d+)/.exec(api.output())?.[1] ?? "";
}

export async function importBusybox(admin: Hafen): Promise<void> {
  const tar = createReadStream(requireEnv("HAFEN_TEST_BUSYBOX_TAR"));
  const build = await admin.images.import(tar, { tag: "busybox", catalog: true, command: ["sh"], waitSeconds: 60 });
  if (build.state !== "succeeded") throw new Error(`busybox import: ${JSON.stringify(build.failure)}`);
}

function processOf(main: string, env: Record<string, string>): Process {
  let child: ChildProcess | undefined;
  let text = "";
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  return {
    pid: () => child?.pid ?? 0,
    output: () => text,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async start(extraEnv = {}) {
      text = "";
      const started = spawn(process.execPath, [main], {
        cwd: ROOT,
        env: { PATH: process.env["PATH"] ?? "", ...env, ...extraEnv },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      started.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
      started.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
      await eventually(`${main} is ready`, () => {
        if (started.exitCode !== null) throw new Error(`${main} ended with ${started.exitCode}:\n${text}`);
        return text.includes('"msg":"ready"');
      });
    },
  };
}

/** The worker mounts it with the first secret. */
async function clearMemory(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  await promisify(execFile)("umount", [directory]);
  await rmdir(directory);
}

/** Leaves nothing of this world's hosts in the shared engine. */
async function clearEngine(database: Database, engine: Engine): Promise<void> {
  const hosts = await database.sql<{ id: string }[]>`select id from hosts`;
  for (const { id } of hosts) {
    const label = { key: LABELS.host, value: id };
    for (const container of await engine.listContainers(label)) await engine.removeContainer(container.id);
    for (const volume of await engine.listVolumes(label)) await engine.removeVolume(volume.name);
    for (const { name } of await engine.listNetworks(label)) await engine.removeNetwork(name);
    for (const { tag } of await engine.listTags(`hafen/${id}:`)) await engine.removeTag(tag);
  }
}
