import { ProblemError, type Action, type LogLine, type Use } from "@hafen/contract";
import { containerById, noteOutOfMemory, type ContainerRow } from "@hafen/db";
import type { EngineEvent, LogOptions } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { positionId } from "./log-position.ts";
import { wrongState } from "./request.ts";
import { LABELS } from "./spec.ts";

/** What is done on a live container, on its host: none of it changes a row. */

/** The row of a container of this host. */
export async function onHost(ctx: HostCtx, id: string): Promise<ContainerRow> {
  const row = await containerById(ctx.db, id);
  if (!row || row.hostId !== ctx.hostId || row.state === "removed")
    throw new ProblemError("container_not_found", `There is no container ${id} on this host.`);
  return row;
}

/** What the container printed, and with `follow` goes on printing. Empty for one that never started. */
export async function containerLogs(ctx: HostCtx, id: string, options: LogOptions): Promise<AsyncGenerator<LogLine>> {
  const row = await onHost(ctx, id);
  const engineId = row.engineId ?? (await ctx.engine.inspectContainer(row.id))?.id;
  return linesOf(ctx, engineId, options);
}

async function* linesOf(ctx: HostCtx, engineId: string | undefined, options: LogOptions): AsyncGenerator<LogLine> {
  if (engineId === undefined) return;
  for await (const { stream, data, at, position } of ctx.engine.logs(engineId, options)) {
    yield { id: positionId(position), stream, text: Buffer.from(data).toString().replace(/\n$/, ""), at };
  }
}

/** Sends one signal, once: a message to the process, not a state of the row. */
export async function signalContainer(ctx: HostCtx, id: string, signal: string): Promise<void> {
  const row = await onHost(ctx, id);
  if (row.engineId === null) throw wrongState(row, "kill");
  await asProblem(row, "kill", () => ctx.engine.signalContainer(row.engineId ?? "", signal));
}

/** Keeps what explains an end later; answers with the row when there is something to look at. */
export async function noteEngineEvent(
  ctx: HostCtx,
  event: EngineEvent,
): Promise<{ id: string; generation: number } | undefined> {
  const id = event.labels[LABELS.id];
  if (id === undefined || event.action === "create" || event.action === "start") return undefined;
  const row = await containerById(ctx.db, id);
  if (!row || row.hostId !== ctx.hostId || row.state === "removed") return undefined;
  // An image may carry our labels, and its build steps then do: they are no evidence about anybody's container.
  if (row.engineId !== null && row.engineId !== event.containerId) return undefined;
  if (event.action === "oom") await noteOutOfMemory(ctx.db, id, new Date(event.atMs));
  return row;
}

/** What the engine refused, in the words of the request. */
export async function asProblem<T>(row: ContainerRow, action: Action | Use, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError && (error.kind === "conflict" || error.kind === "not_found"))
      throw wrongState(row, action);
    if (error instanceof EngineError && error.kind === "invalid")
      throw new ProblemError("invalid_request", error.message);
    if (error instanceof EngineError && error.kind === "unavailable")
      throw new ProblemError("host_unreachable", "The host's engine does not answer. Try again soon.");
    throw error;
  }
}
