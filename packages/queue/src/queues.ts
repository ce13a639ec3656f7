import type { Backend } from "./connection.ts";
import type { AnyQueue } from "./connection.ts";
import { jobId, JOBS, queueName, type JobName, type Payload } from "./jobs.ts";

/** What verbs see of the queue. */
export interface Jobs {
  /**
   * Nudges a worker; null: any worker, since no host has the work yet. Never fails and never waits over 2 s:
   * the row is committed already, and the sweep nudges again when this one is lost. False when it was lost.
   */
  enqueue(hostId: string | null, name: JobName, payload: Payload): Promise<boolean>;
}

export interface Queues extends Jobs {
  /** Jobs waiting and running, by queue name, of the queues used so far. */
  counts(): Promise<Record<string, Record<string, number>>>;
  close(): Promise<void>;
}

const ENQUEUE_MS = 2_000;

export function openQueues(backend: Backend, onLost: (error: unknown, name: JobName) => void = () => {}): Queues {
  const queues = new Map<string, AnyQueue>();
  const open = (name: string): AnyQueue => {
    let queue = queues.get(name);
    if (!queue) {
      queue = backend.queue(name);
      queue.on("error", () => {}); // add() reports it
      queues.set(name, queue);
    }
    return queue;
  };
  return {
    async enqueue(hostId, name, payload) {
      const queue = open(queueName(hostId, JOBS[name].lane));
      const options = { jobId: jobId(name, payload), removeOnComplete: true, removeOnFail: true };
      try {
        await within(queue.add(name, payload, options), ENQUEUE_MS);
        return true;
      } catch (error) {
        onLost(error, name);
        return false;
      }
    },
    async counts() {
      const entries = await Promise.all(
        [...queues].map(
          async ([name, queue]) => [name, await queue.getJobCounts("waiting", "active", "delayed")] as const,
        ),
      );
      return Object.fromEntries(entries);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => {})));
    },
  };
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // lost after the deadline: already reported
  }
}
