import { z } from "zod";

/**
 * Every kind of job. A job is a nudge: its payload is an id and the generation it was asked at, never state.
 * `lane` keeps work that takes minutes from holding up work that takes milliseconds.
 */
export const JOBS = {
  "container.converge": { lane: "control", payload: z.strictObject({ id: z.string(), generation: z.number().int() }) },
  "volume.converge": { lane: "control", payload: z.strictObject({ id: z.string(), generation: z.number().int() }) },
  "image.converge": { lane: "control", payload: z.strictObject({ id: z.string(), generation: z.number().int() }) },
  "build.run": { lane: "builds", payload: z.strictObject({ id: z.string(), generation: z.number().int() }) },
  "build.cancel": { lane: "control", payload: z.strictObject({ id: z.string(), generation: z.number().int() }) },
} as const satisfies Record<string, { lane: Lane; payload: z.ZodType }>;

export type Lane = "control" | "builds";
export const LANES = ["control", "builds"] as const satisfies readonly Lane[];
export type JobName = keyof typeof JOBS;
export type Payload = { id: string; generation: number };

/** How many jobs of a lane one worker runs at a time. */
export const CONCURRENCY = { control: 64, builds: 2 } as const satisfies Record<Lane, number>;

/** Unplaced work has a queue of its own that every worker takes from. */
export const UNPLACED = "unplaced";

/** The queue of a lane of a host; null for work that no host has yet. */
export function queueName(hostId: string | null, lane: Lane): string {
  return hostId === null ? UNPLACED : `${hostId}-${lane}`;
}

/** Same row, same request, same job: BullMQ then adds it once. BullMQ allows neither `:` nor bare integers. */
export function jobId(name: JobName, payload: Payload): string {
  return `${name}.${payload.id}.${payload.generation}`;
}
