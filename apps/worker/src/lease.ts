import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { newId } from "@hafen/contract";
import { giveLease, renewLease, takeLease, type Db } from "@hafen/db";
import type { EngineInfo } from "@hafen/engine";

/** Short, so that a killed worker's host is taken up again within seconds. */
const LEASE_SECONDS = 5;
const RENEW_MS = 1_500;

export interface Lease {
  hostId: string;
  /** Renews until closed; calls `lost` once when another process took the lease or it could not be renewed in time. */
  keep(lost: (reason: string) => void): void;
  close(): Promise<void>;
}

/** Waits until no other worker holds the host of this name, and takes it. @throws when `signal` aborts the wait. */
export async function acquireLease(db: Db, host: { name: string; streamUrl: string; engine: EngineInfo }, signal: AbortSignal): Promise<Lease> {
  const holder = randomUUID();
  const { version, apiVersion, storageDriver, cgroupVersion, runtimes, protections, cpus, memoryBytes } = host.engine;
  const row = {
    id: newId("host"),
    name: host.name,
    leaseHolder: holder,
    streamUrl: host.streamUrl,
    cpus,
    memoryBytes,
    engine: { version, apiVersion, storageDriver, cgroupVersion, runtimes, protections: { ...protections } },
  };
  for (;;) {
    const hostId = await takeLease(db, row, LEASE_SECONDS);
    if (hostId !== undefined) return leaseOf(db, hostId, holder);
    await delay(200, undefined, { signal });
  }
}

function leaseOf(db: Db, hostId: string, holder: string): Lease {
  let timer: NodeJS.Timeout | undefined;
  return {
    hostId,
    keep(lost) {
      let renewedAt = performance.now();
      const renew = async () => {
        try {
          if (!(await renewLease(db, hostId, holder, LEASE_SECONDS))) return lost("another worker holds the host");
          renewedAt = performance.now();
        } catch {
          // The database does not answer. Another worker may act for the host once the lease is over, so this one must not.
          if (performance.now() - renewedAt > LEASE_SECONDS * 1000) return lost("the lease could not be renewed");
        }
        timer = setTimeout(() => void renew(), RENEW_MS);
      };
      timer = setTimeout(() => void renew(), RENEW_MS);
    },
    async close() {
      clearTimeout(timer);
      await giveLease(db, hostId, holder);
    },
  };
}
