import { createPostgresBackend, Queue, withBackend, Worker, type Processor, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { countInRedis, type CountInWindow } from "./count-in-window.ts";

/** Where jobs live: Redis when its URL is given, else BullMQ's own tables (schema `bullmq`) in the database. */
export type Connection = { kind: "redis"; url: string } | { kind: "postgres"; url: string };

export function chooseConnection(redisUrl: string | undefined, databaseUrl: string): Connection {
  return redisUrl ? { kind: "redis", url: redisUrl } : { kind: "postgres", url: databaseUrl };
}

/** `redis://host:port/db` or `unix:///path/to.sock`. Only a worker's connection waits for ever; others fail within 2 s. */
function openRedis(url: string, use: "worker" | "queue"): Redis {
  const wait =
    use === "worker"
      ? { maxRetriesPerRequest: null }
      : { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 2_000 };
  const options = { ...wait, retryStrategy: (times: number) => Math.min(times * 50, 1_000) };
  const redis = url.startsWith("unix://")
    ? new Redis({ ...options, path: url.slice("unix://".length) })
    : new Redis(url, options);
  redis.on("error", () => {}); // every command reports its own failure; without a listener ioredis prints each
  return redis;
}

export type AnyQueue = Pick<Queue, "add" | "close" | "on" | "getJobCounts" | "waitUntilReady">;
export type AnyWorker = Pick<Worker, "close" | "on" | "waitUntilReady">;

export interface Backend {
  queue(name: string): AnyQueue;
  worker(name: string, processor: Processor, options: Omit<WorkerOptions, "connection" | "prefix">): AnyWorker;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  /** Undefined where there is no Redis. */
  countInWindow: CountInWindow | undefined;
  close(): Promise<void>;
}

/** `prefix` keeps several installations apart on one Redis. */
export function openBackend(connection: Connection, prefix: string): Backend {
  if (connection.kind === "postgres") return openPostgres(connection.url);
  const shared = openRedis(connection.url, "queue");
  const workers: Redis[] = [];
  return {
    queue: (name) => new Queue(name, { connection: shared, prefix }),
    worker: (name, processor, options) => {
      const own = openRedis(connection.url, "worker");
      workers.push(own);
      return new Worker(name, processor, { ...options, connection: own, prefix });
    },
    ping: async () => void (await shared.ping()),
    countInWindow: countInRedis(shared, prefix),
    close: async () => {
      for (const redis of [shared, ...workers]) redis.disconnect();
    },
  };
}

function openPostgres(connectionString: string): Backend {
  const backend = withBackend(createPostgresBackend);
  const connection = { connectionString, migrate: true, max: 4 };
  return {
    queue: (name) => new backend.Queue(name, { connection }) as unknown as AnyQueue,
    worker: (name, processor, options) =>
      new backend.Worker(name, processor, { ...options, connection }) as unknown as AnyWorker,
    ping: async () => {},
    countInWindow: undefined,
    close: async () => {},
  };
}
