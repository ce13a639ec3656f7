import { setTimeout as delay } from "node:timers/promises";
import type { Backend } from "./connection.ts";
import { CONCURRENCY, JOBS, LANES, queueName, UNPLACED, type JobName, type Payload } from "./jobs.ts";

export type Handlers = Record<JobName, (payload: Payload) => Promise<void>>;

export interface Workers {
  /** Stops taking jobs and waits for those under way. */
  close(): Promise<void>;
}

/**
 * A killed worker's jobs are taken up again after at most lockDuration + 2 × stalledInterval, 9 s.
 * BullMQ's defaults take 60 s, and its `maxStalledCount` of 1 would drop a job whose worker crashed twice.
 */
export const STALLED = { lockDuration: 4_000, stalledInterval: 2_500, maxStalledCount: 1_000_000 } as const;

/** How long a close waits for the store once no job runs: with Redis gone BullMQ would wait for it for ever. */
const CLOSE_MS = 2_000;

/** Runs the handlers for one host's queues and for unplaced work, which `handlers` must place first. */
export async function startWorkers(
  backend: Backend,
  hostId: string,
  handlers: { host: Handlers; unplaced: Partial<Handlers> },
  onError: (error: Error) => void,
): Promise<Workers> {
  const underWay = new Set<Promise<void>>();
  const start = (name: string, concurrency: number, table: Partial<Handlers>) => {
    const handle = async (job: { name: string; data: unknown }) => {
      const work = run(table, job.name, job.data);
      underWay.add(work);
      await work.finally(() => underWay.delete(work));
    };
    const worker = backend.worker(name, handle, {
      ...STALLED,
      concurrency,
      drainDelay: 5,
    });
    worker.on("error", onError);
    worker.on("failed", (_job: unknown, error: Error) => onError(error));
    return worker;
  };
  const workers = [
    ...LANES.map((lane) => start(queueName(hostId, lane), CONCURRENCY[lane], handlers.host)),
    start(UNPLACED, CONCURRENCY.control, handlers.unplaced),
  ];
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  return {
    async close() {
      const closed = Promise.allSettled(workers.map((worker) => worker.close()));
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

/** A payload is a hint: whoever can write to Redis can write a job, so it is checked and the row is read anew. */
async function run(table: Partial<Handlers>, name: string, data: unknown): Promise<void> {
  const handle = Object.hasOwn(JOBS, name) ? table[name as JobName] : undefined;
  if (!handle) throw new Error(`no handler for job ${name}`);
  await handle(JOBS[name as JobName].payload.parse(data));
}
