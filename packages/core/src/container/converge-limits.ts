import { insertEvent, observeContainer, type ContainerPatch, type ContainerRow } from "@hafen/db";
import type { Limits } from "@hafen/contract";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";

/**
 * Puts the limits that were asked for on the engine's container, running or not, or drops them and says why: what it holds is not
 * taken from it. Killed in between: the next converge puts them on again, which changes nothing.
 */
export async function applyLimits(ctx: HostCtx, row: ContainerRow, engineId: string, limits: Limits): Promise<void> {
  const refused = await refusal(() => ctx.engine.updateContainer(engineId, limits));
  if (refused === undefined) await write(ctx, row, { limits, limitsRefused: null }, { limits });
  else await dropLimits(ctx, row, refused);
}

/** Those of before hold. False when the row has moved on. */
export function dropLimits(ctx: HostCtx, row: ContainerRow, refused: string): Promise<boolean> {
  return write(ctx, row, { limitsRefused: refused }, { refused });
}

function write(ctx: HostCtx, row: ContainerRow, patch: ContainerPatch, told: object): Promise<boolean> {
  return ctx.db.transaction(async (tx) => {
    if (!(await observeContainer(tx, row, { ...patch, pendingLimits: null, failures: 0 }))) return false;
    const data = { name: row.name, ...told };
    await insertEvent(tx, { userId: row.userId, type: "container.changed", subject: row.id, data });
    return true;
  });
}

async function refusal(update: () => Promise<void>): Promise<string | undefined> {
  try {
    await update();
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === "conflict")
      return "It holds more memory than the new limit gives. Let it free some, or stop it first.";
    if (error.kind === "invalid") return `The host's engine does not take these limits: ${error.message}`;
    throw error;
  }
}
