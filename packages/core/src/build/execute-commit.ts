import { can } from "@hafen/contract";
import { containerById, type BuildRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import { LABELS } from "../container/spec.ts";
import type { HostCtx } from "../ctx.ts";
import { readChanges } from "../dockerfile/changes.ts";
import { BuildRefused } from "./refused.ts";
import type { Product } from "./execute.ts";
import { holdTag } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";

export async function executeCommit(
  ctx: HostCtx,
  build: BuildRow,
  log: LogWriter,
  signal: AbortSignal,
): Promise<Product> {
  const { containerId = "", pause = true, message = "", author = "", changes = [] } = build.source ?? {};
  const gone = (why: string) => new BuildRefused({ code: "container_gone", detail: `The container ${why}.` });
  const container = await containerById(ctx.db, containerId);
  if (!container || container.state === "removed") throw gone("was removed");
  if (container.hostId !== ctx.hostId) throw gone("is on a host that is gone");
  if (!can("commit", container.state)) throw gone(`is ${container.state}`);
  await log.write("status", `Committing ${container.name}.\n`, Date.now());
  const { instructions, stopSignal } = readChanges(changes);
  try {
    const digest = await ctx.engine.commitContainer(container.engineId ?? container.id, {
      tag: holdTag(ctx, build),
      pause,
      message,
      author,
      changes: instructions,
      stopSignal,
      withoutLabels: Object.values(LABELS),
      signal,
    });
    return { digest };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === "not_found") throw gone("is no longer on its host");
    if (error.kind === "conflict") throw gone("is being removed");
    throw error;
  }
}
