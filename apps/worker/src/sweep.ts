import { setTimeout as delay } from "node:timers/promises";
import {
  applyRetention,
  carryOutRemovals,
  dropSecretFiles,
  endExpired,
  keepHouse,
  nudgeUnsettled,
  reconcile,
  reseal,
  type Differences,
  type HostCtx,
  type IdleWatch,
  type Resealed,
} from "@hafen/core";
import { unsettledContainers } from "@hafen/db";
import type { Payload } from "@hafen/queue";
import { errorFields, type Log } from "@hafen/process";
import type { Outward } from "./egress/outward.ts";
import type { RunningBuilds } from "./builds.ts";

const EVERY_MS = 2_000;
/** In rounds of the sweep. */
const RECONCILE_EVERY = 5;
const HOUSE_EVERY = 30;

export interface Sweep {
  /** Asks for a comparison of rows and engine at once. */
  reconcileSoon(): void;
  done: Promise<void>;
}

/** Every few seconds: nudges rows past their deadline, compares rows with the engine, and drops what is past its time. */
export function startSweep(
  ctx: HostCtx,
  builds: RunningBuilds,
  outward: Outward | undefined,
  idle: IdleWatch,
  nudge: (row: Payload) => void,
  log: Log,
  keep: { auditDays: number },
  signal: AbortSignal,
): Sweep {
  let asked = true;
  let wake = new AbortController();

  /** What cannot be put back keeps containers from starting, and nothing else from going on. */
  let isFilterLost = false;
  async function keepFilter(): Promise<void> {
    try {
      if (await outward?.assert()) log.error({}, "rules of the packet filter were missing; they are back");
      isFilterLost = false;
    } catch (error) {
      if (!isFilterLost)
        log.error(errorFields(error), "the packet filter cannot be set: no container starts until it is");
      isFilterLost = true;
    }
  }

  async function round(count: number): Promise<void> {
    await keepFilter();
    // A worker that has just started takes up what its predecessor left without waiting for the jobs it held.
    if (count === 1) for (const row of await unsettledContainers(ctx.db, ctx.hostId, 0)) nudge(row);
    // Without a queue containers are converged all the same; builds wait for it, since it bounds how many run.
    for (const row of await nudgeUnsettled(ctx, builds.ids)) nudge(row);
    for (const row of await endExpired(ctx)) nudge(row);
    for (const row of await idle.round(ctx)) nudge(row);
    await builds.cancelRequested();
    if (asked || count % RECONCILE_EVERY === 0) {
      asked = false;
      const found = await reconcile(ctx);
      for (const row of found.converge) nudge(row);
      report(found);
    }
    if (count % HOUSE_EVERY === 1) {
      await dropSecretFiles(ctx);
      reportSealed(await reseal(ctx));
      await keepHouse(ctx.db, keep);
      await applyRetention(ctx);
    }
    await carryOutRemovals(ctx.db);
  }

  /** What stays as it is, is said once. */
  const said = new Map<string, string>();
  function say(level: "warn" | "error", names: string[], message: string): void {
    const now = names.toSorted().join("\n");
    if (names.length > 0 && said.get(message) !== now) log[level]({ names }, message);
    said.set(message, now);
  }
  function report({ removed, vanished, failed, foreign, unclaimed }: Differences): void {
    say("warn", removed, "removed engine objects that no row claims");
    say("error", vanished, "volumes were removed on the host, not through Hafen; their data are gone");
    say("warn", failed, "could not remove engine objects that no row claims; tried again");
    say("error", foreign, "containers carry Hafen's label but are not Hafen's");
    say("error", unclaimed, "volumes with data and containers, now stopped, are in no row: kept, remove them by hand");
  }

  function reportSealed({ count, unknown }: Resealed): void {
    if (count > 0) log.info({ count }, "sealed what older keys had sealed under the newest");
    const names = unknown.map((key) => `${key.count} by ${key.keyId}`);
    say("error", names, "secrets and passwords are sealed by keys that this host was not given");
  }

  async function run(): Promise<void> {
    for (let count = 1; !signal.aborted; count++) {
      await round(count).catch((error: unknown) => {
        asked = true;
        if (!signal.aborted) log.warn(errorFields(error), "sweep failed; it comes round again");
      });
      await delay(EVERY_MS, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => {});
      wake = new AbortController();
    }
  }
  return {
    reconcileSoon() {
      asked = true;
      wake.abort();
    },
    done: run(),
  };
}
