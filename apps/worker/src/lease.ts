import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "@hafen/contract";
import { giveLease, renewLease, takeLease, type Db } from "@hafen/db";
import type { EngineInfo } from "@hafen/engine";

/** Short, so that a killed worker's host is taken up again within seconds. */
const LEASE_MS = 5_000;
const RENEW_MS = 1_500;
/** A database that hangs must not keep us from seeing that the lease is over. */
const ASK_MS = 2_000;
const RETRY_MS = 200;

export interface Lease {
  hostId: string;
  /** Whether this process may act for the host now. Counted on our own clock from before each renewal: never longer than the database counts. */
  holds(): boolean;
  /** Renews until closed; calls `lost` once when another process took the lease or it could not be renewed in time. */
  keep(lost: (reason: string) => void): void;
  /** Gives it to the next worker: it no longer holds from here on. */
  close(): Promise<void>;
}

/** Waits until no other worker holds the host of this name, and takes it. @throws when `signal` aborts the wait. */
export async function acquireLease(
  db: Db,
  host: { name: string; streamUrl: string; engine: EngineInfo; egressFirewall: boolean; secretKeyIds: string[] },
  signal: AbortSignal,
): Promise<Lease> {
  const holder = randomUUID();
  const { cpus, memoryBytes, protections, id: _, ...engine } = host.engine;
  const row = {
    id: newId("host"),
    name: host.name,
    leaseHolder: holder,
    streamUrl: host.streamUrl,
    secretKeyIds: host.secretKeyIds,
    cpus,
    memoryBytes,
    engine: { ...engine, protections: { ...protections, egressFirewall: host.egressFirewall } },
  };
  for (;;) {
    const askedAt = performance.now();
    const hostId = await takeLease(db, row, LEASE_MS / 1000);
    if (hostId !== undefined) return leaseOf(db, hostId, holder, askedAt + LEASE_MS);
    await delay(RETRY_MS, undefined, { signal });
  }
}

function leaseOf(db: Db, hostId: string, holder: string, firstUntil: number): Lease {
  let until = firstUntil;
  const closing = new AbortController();

  /** False: another process has it. */
  async function renew(): Promise<boolean> {
    const askedAt = performance.now();
    const asking = renewLease(db, hostId, holder, LEASE_MS / 1000);
    asking.catch(() => {}); // may fail after we stopped waiting
    const renewed = await Promise.race([asking, delay(ASK_MS, undefined, { signal: closing.signal })]);
    if (renewed === undefined) throw new Error(`the database did not answer within ${ASK_MS} ms`);
    until = askedAt + LEASE_MS;
    return renewed;
  }

  async function run(lost: (reason: string) => void): Promise<void> {
    for (let pauseMs = RENEW_MS; ;) {
      await delay(pauseMs, undefined, { signal: closing.signal });
      try {
        if (!(await renew())) return lost("another worker holds the host");
        pauseMs = RENEW_MS;
      } catch {
        // Another worker may act for the host once the lease is over, so this one must not.
        if (performance.now() > until && !closing.signal.aborted) return lost("the lease could not be renewed");
        pauseMs = RETRY_MS;
      }
    }
  }

  return {
    hostId,
    holds: () => !closing.signal.aborted && performance.now() < until,
    keep: (lost) => void run(lost).catch(() => {}), // ends only by `close`
    async close() {
      closing.abort();
      await giveLease(db, hostId, holder);
    },
  };
}
