import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { eventually } from "./eventually.ts";

/** A Redis that a test may wipe, stop and kill. It keeps nothing on disk: what is killed is lost. */
export interface OwnRedis extends AsyncDisposable {
  url: string;
  start(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** SIGSTOP: it accepts connections and says nothing. */
  freeze(): void;
  thaw(): void;
  flushAll(): Promise<void>;
  /** Has it throw away whatever it likes, and little room: an operator's mistake. */
  evict(): Promise<void>;
}

export async function openRedis(): Promise<OwnRedis> {
  const directory = await mkdtemp(join(tmpdir(), "hafen-redis-"));
  const socket = join(directory, "redis.sock");
  let child: ChildProcess | undefined;

  async function command<T>(run: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({
      path: socket,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: true,
      retryStrategy: () => null,
    });
    redis.on("error", () => {});
    try {
      return await run(redis);
    } finally {
      redis.disconnect();
    }
  }
  const answers = () => command((redis) => redis.ping()).then(Boolean, () => false);

  const own: OwnRedis = {
    url: `unix://${socket}`,
    async start() {
      const settings = {
        port: "0",
        unixsocket: socket,
        dir: directory,
        save: "",
        appendonly: "no",
        "maxmemory-policy": "noeviction",
      };
      child = spawn(
        "redis-server",
        Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
        { stdio: "ignore" },
      );
      await eventually("the own Redis answers", answers);
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    evict: () =>
      command(async (redis) => {
        await redis.config("SET", "maxmemory-policy", "allkeys-random");
        await redis.config("SET", "maxmemory", String(4 * 1024 * 1024));
        // What is left once all is thrown away may be too large already: then it refuses, which is as bad.
        for (let n = 0; n < 200; n++) await redis.set(`filler:${n}`, "x".repeat(64 * 1024)).catch(() => {});
      }),
    flushAll: () => command(async (redis) => void (await redis.flushall())),
    async [Symbol.asyncDispose]() {
      await own.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await own.start();
  return own;
}
