import { ProblemError, type Host } from "@hafen/contract";
import {
  findHost,
  hostLoads,
  listHosts as listRows,
  sealedCounts,
  type Db,
  type HostLoad,
  type HostRow,
} from "@hafen/db";
import { knownHoles } from "./known-holes.ts";
import { readPage, toPage } from "../page.ts";

export async function listHosts(
  db: Db,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: Host[]; nextCursor: string | null }> {
  const { rows, nextCursor } = toPage(await listRows(db, readPage(query)), query.limit);
  const [loads, sealed] = await Promise.all([hostLoads(db), sealedCounts(db)]);
  return { items: rows.map((row) => toWire(row, sealed, loads.get(row.id))), nextCursor };
}

export async function getHost(db: Db, ref: string): Promise<Host> {
  const row = await findHost(db, ref);
  if (!row) throw new ProblemError("host_not_found", `There is no host ${ref}.`);
  const [loads, sealed] = await Promise.all([hostLoads(db), sealedCounts(db)]);
  return toWire(row, sealed, loads.get(row.id));
}

/**
 * The host for work that may run anywhere: of those whose lease is live, the one whose running containers have been promised
 * the least of its memory. Null when none is live and fits; the work then waits in the queue that all workers take from.
 */
export async function chooseHost(db: Db, fits: (host: HostRow) => boolean = () => true): Promise<string | null> {
  const [rows, loads] = await Promise.all([listRows(db, { limit: 1000 }), hostLoads(db)]);
  const share = (row: HostRow) => (loads.get(row.id)?.memoryBytes ?? 0) / row.memoryBytes;
  const live = rows.filter((row) => row.live && fits(row)).toSorted((a, b) => share(a) - share(b));
  return live[0]?.id ?? null;
}

function toWire(
  row: HostRow,
  sealed: { keyId: string; count: number }[],
  used: HostLoad = { cpus: 0, memoryBytes: 0, containers: 0 },
): Host {
  const { protections, components = [], ...engine } = row.engine;
  return {
    id: row.id,
    name: row.name,
    live: row.live,
    leaseExpiresAt: row.leaseExpiresAt.toISOString(),
    capacity: { cpus: row.cpus, memoryBytes: row.memoryBytes },
    used,
    engine: { ...engine, components },
    protections,
    sealedElsewhere: sealed
      .filter(({ keyId }) => !row.secretKeyIds.includes(keyId))
      .reduce((sum, { count }) => sum + count, 0),
    warnings: knownHoles(components),
    createdAt: row.createdAt.toISOString(),
  };
}
