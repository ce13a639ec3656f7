import { idleCandidates, touchContainer, type ContainerRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { stopFor } from "./expire.ts";

/** Of one core: a process that takes more is at work. */
const BUSY_SHARE = 0.01;
/** Rows of containers at work are written no more often than this. */
const TOUCH_AFTER_SECONDS = 5;

interface Sample {
  /** Another start begins the kernel's count anew. */
  engineStartedAt: string | null;
  cpuMs: number;
  atMs: number;
}

/**
 * Watches the host's containers that have an idle timeout, as docs/reference/life.md defines idle, and stops those that have been idle
 * for so long. When each was last at work is in its row; the kernel's count of the round before is kept here. Nobody knows what a
 * container did before a first look at it, as after a start, a pause, or with another worker: it counts as at work then.
 */
export class IdleWatch {
  readonly #takeUsed: () => ReadonlySet<string>;
  #samples = new Map<string, Sample>();

  /** `takeUsed`: the containers that somebody has used through a stream since it was last called. */
  constructor(takeUsed: () => ReadonlySet<string>) {
    this.#takeUsed = takeUsed;
  }

  /** Answers with the rows that are now to be stopped. */
  async round(ctx: HostCtx): Promise<ContainerRow[]> {
    const candidates = await idleCandidates(ctx.db, ctx.hostId);
    const used = this.#takeUsed();
    const before = this.#samples;
    this.#samples = new Map();
    const moved = await Promise.all(
      candidates.map(async ({ row, idleForSeconds }) => {
        if ((await this.#worked(ctx, row, before.get(row.id))) || used.has(row.id)) {
          if (idleForSeconds >= TOUCH_AFTER_SECONDS) await touchContainer(ctx.db, row.id);
          return undefined;
        }
        return idleForSeconds > (row.idleTimeoutSeconds ?? Infinity) ? stopFor(ctx, row, "idle") : undefined;
      }),
    );
    return moved.flatMap((row) => row ?? []);
  }

  /** One whose use cannot be read is left alone: a host in trouble is no reason to stop what runs. */
  async #worked(ctx: HostCtx, row: ContainerRow, before: Sample | undefined): Promise<boolean> {
    const { engineStartedAt } = row;
    const usage = await ctx.engine.usage(row.engineId ?? row.id).catch(() => undefined);
    if (!usage) return true;
    const now = { engineStartedAt, cpuMs: usage.cpuMs, atMs: performance.now() };
    this.#samples.set(row.id, now);
    if (before?.engineStartedAt !== engineStartedAt) return true;
    return now.cpuMs - before.cpuMs > (now.atMs - before.atMs) * BUSY_SHARE;
  }
}
