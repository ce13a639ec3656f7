import { setTimeout as delay } from "node:timers/promises";
import { LABELS, noteEngineEvent, type HostCtx } from "@hafen/core";
import { errorFields, type Log } from "@hafen/process";

const RETRY_MS = 300;

/**
 * Follows the engine's events until `signal` aborts and calls `nudge` for each container that needs a look. After a break, as when
 * the engine restarts, `reconnected` is called: what was missed shows in the engine's state.
 */
export async function followEngine(
  ctx: HostCtx,
  log: Log,
  actions: { nudge: (row: { id: string; generation: number }) => void; reconnected: () => void },
  signal: AbortSignal,
): Promise<void> {
  let sinceMs = Date.now();
  for (let first = true; !signal.aborted; first = false) {
    try {
      if (!first) {
        await ctx.engine.info({ signal });
        actions.reconnected();
      }
      for await (const event of ctx.engine.events({
        label: { key: LABELS.host, value: ctx.hostId },
        sinceMs,
        signal,
      })) {
        sinceMs = event.atMs;
        try {
          const row = await noteEngineEvent(ctx, event);
          if (row) actions.nudge(row);
        } catch (error) {
          // What one of them was about shows in the next comparison; the stream goes on.
          log.warn({ action: event.action, ...errorFields(error) }, "an event of the engine could not be noted");
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn(errorFields(error), "the engine's event stream broke");
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}
