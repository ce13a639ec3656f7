export { chooseConnection, openBackend, type Backend, type Connection } from "./connection.ts";
export type { Counted, CountInWindow } from "./count-in-window.ts";
export { jobId, JOBS, queueName, UNPLACED, type JobName, type Payload } from "./jobs.ts";
export { openQueues, type Jobs, type Queues } from "./queues.ts";
export { STALLED, startWorkers, type Handlers, type Workers } from "./workers.ts";
