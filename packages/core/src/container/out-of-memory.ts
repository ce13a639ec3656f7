import { setTimeout as delay } from "node:timers/promises";
import { sawOutOfMemory, type ContainerRow } from "@hafen/db";
import type { ContainerInfo } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";

const SIGKILLED = 137;
/** A busy engine's word of a kill for memory may come this much after the end it caused. */
const LATE_MS = 2_000;
const LOOK_EVERY_MS = 100;

/**
 * What the engine shows, with a kill for memory that it has told only as an event: its own record misses those that it hears of
 * after the container's end. Waited for only where nothing else explains the end.
 */
export async function withOutOfMemory(ctx: HostCtx, row: ContainerRow, info: ContainerInfo): Promise<ContainerInfo> {
  const isExplained = info.oomKilled || info.exitCode !== SIGKILLED || row.desired === "exited";
  if (isExplained || info.startedAt === undefined) return info;
  const since = new Date(info.startedAt);
  for (let waitedMs = 0; waitedMs <= LATE_MS; waitedMs += LOOK_EVERY_MS) {
    if (await sawOutOfMemory(ctx.db, row.id, since)) return { ...info, oomKilled: true };
    await delay(LOOK_EVERY_MS);
  }
  return info;
}
