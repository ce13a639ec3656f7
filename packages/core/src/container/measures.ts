import {
  can,
  ProblemError,
  type ChangeList,
  type ContainerStats,
  type Isolation,
  type ProcessList,
} from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { ContainerStats as EngineStats } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { asProblem, onHost } from "./live.ts";
import { wrongState } from "./request.ts";

/** What a container is and does now, on its host, in the contract's words. */

type Measure = "top" | "stats" | "isolation" | "changes" | "export";
const KINDS = { added: "A", changed: "C", deleted: "D" } as const;

/** Asks the engine about a container whose state allows it. */
async function ask<T>(ctx: HostCtx, id: string, measure: Measure, work: (engineId: string) => Promise<T>): Promise<T> {
  const row = await onHost(ctx, id);
  if (!can(measure, row.state)) throw wrongState(row, measure);
  const engineId = row.engineId ?? (await ctx.engine.inspectContainer(row.id))?.id;
  if (engineId === undefined) throw new ProblemError("container_not_found", `The container ${row.name} is gone.`);
  return explained(ctx, row, measure, () => work(engineId));
}

/** One that ended after its row was read is in another state by now. */
async function explained<T>(ctx: HostCtx, row: ContainerRow, measure: Measure, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError && error.kind === "conflict") {
      throw wrongState({ ...row, state: "exited" }, measure);
    }
    return asProblem(row, measure, () => Promise.reject(error));
  }
}

export function containerTop(ctx: HostCtx, id: string, signal: AbortSignal): Promise<ProcessList> {
  return ask(ctx, id, "top", async (engineId) => {
    const items = await ctx.engine.top(engineId, { signal });
    return {
      items: items.map(({ startedAtMs, ...rest }) => ({ ...rest, startedAt: new Date(startedAtMs).toISOString() })),
    };
  });
}

/** Has its first sample before it answers, so that a refusal is one. */
export function containerStats(ctx: HostCtx, id: string, signal: AbortSignal): Promise<AsyncGenerator<ContainerStats>> {
  return ask(ctx, id, "stats", async (engineId) => {
    const samples = ctx.engine.stats(engineId, { signal })[Symbol.asyncIterator]();
    const first = await samples.next();
    return (async function* () {
      try {
        for (let next = first; !next.done; next = await samples.next()) yield toWire(next.value);
      } finally {
        await samples.return?.();
      }
    })();
  });
}

export function containerChanges(ctx: HostCtx, id: string, signal: AbortSignal): Promise<ChangeList> {
  return ask(ctx, id, "changes", async (engineId) => {
    const { changes, truncated } = await ctx.engine.changes(engineId, { signal });
    return { items: changes.map(({ kind, path }) => ({ kind: KINDS[kind], path })), truncated };
  });
}

export function exportContainer(ctx: HostCtx, id: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  return ask(ctx, id, "export", (engineId) => ctx.engine.exportContainer(engineId, { signal }));
}

/** The packet filter's rules are the worker's to read: the engine's driver enters no network namespace. */
export function containerIsolation(ctx: HostCtx, id: string, signal: AbortSignal): Promise<Isolation> {
  return ask(ctx, id, "isolation", async (engineId) => {
    const [report, firewall] = await Promise.all([
      ctx.engine.isolation(engineId, { signal }),
      ctx.egress?.rules({ id }),
    ]);
    const { network } = report;
    return withNulls(firewall ? { ...report, network: { ...network, firewall, firewallUnknown: undefined } } : report);
  });
}

function toWire({ atMs, ...rest }: EngineStats): ContainerStats {
  return { at: new Date(atMs).toISOString(), ...withNulls(rest) };
}

type Nulled<T> = T extends undefined
  ? null
  : T extends readonly (infer Item)[]
    ? Nulled<Item>[]
    : T extends object
      ? { [Key in keyof T]: Nulled<T[Key]> }
      : T;

/** JSON leaves out what is undefined; the contract says null. */
function withNulls<T>(value: T): Nulled<T> {
  return JSON.parse(JSON.stringify(value, (_, member: unknown) => member ?? null)) as Nulled<T>;
}
