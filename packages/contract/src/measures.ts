import { z } from "@hono/zod-openapi";
import { Time } from "./conventions.ts";

const Bytes = z.number().int();
const Traffic = { receivedBytes: Bytes, sentBytes: Bytes };

/** What a container uses, each figure beside its limit; null: none, or not told by its host. */
export const ContainerStats = z
  .object({
    at: Time,
    cpu: z.object({
      totalMs: z.number().describe("Since its start"),
      cores: z.number().describe("In use since the sample before"),
      limitCores: z.number().nullable(),
    }),
    memory: z.object({
      usedBytes: Bytes.describe("Without the cache that the kernel would give up first"),
      limitBytes: Bytes.nullable(),
      peakBytes: Bytes.nullable().describe("The most since its start, with that cache"),
    }),
    network: z.object({
      ...Traffic,
      interfaces: z.array(z.object({ name: z.string(), ...Traffic })),
    }),
    blockIo: z.object({ readBytes: Bytes, writtenBytes: Bytes }),
    pids: z.object({ current: z.number().int(), limit: z.number().int().nullable() }),
  })
  .openapi("ContainerStats");
export type ContainerStats = z.infer<typeof ContainerStats>;

export const ContainerProcess = z
  .object({
    pid: z.number().int().describe("As the container counts: its init is 1"),
    parentPid: z.number().int().describe("0: it was started from outside, as by exec"),
    uid: z.number().int().describe("As the container sees it"),
    state: z.string().describe("R runs, S sleeps, D waits for a disk, T is stopped, Z has ended, …"),
    startedAt: Time,
    cpuMs: z.number(),
    residentBytes: Bytes,
    command: z.array(z.string()).describe("Empty for one that has ended"),
    name: z.string().describe("The kernel's short name for it"),
  })
  .openapi("ContainerProcess");
export const ProcessList = z.object({ items: z.array(ContainerProcess) }).openapi("ProcessList");
export type ProcessList = z.infer<typeof ProcessList>;

export const Change = z
  .object({ kind: z.enum(["A", "C", "D"]).describe("Added, changed, deleted"), path: z.string() })
  .openapi("Change");
export const ChangeList = z
  .object({ items: z.array(Change), truncated: z.boolean().describe("There were more than an answer holds") })
  .openapi("ChangeList");
export type ChangeList = z.infer<typeof ChangeList>;
