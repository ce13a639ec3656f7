import type { Flow, FlowQuery } from "@hafen/contract";
import { listFlows as listRows, type FlowRow } from "@hafen/db";
import { getContainer, type ContainerKey } from "../container/request.ts";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";

export async function listFlows(
  ctx: Ctx,
  key: ContainerKey,
  query: FlowQuery,
): Promise<{ items: Flow[]; nextCursor: string | null }> {
  const { userId } = ctx.actor;
  const { id: containerId } = await getContainer(ctx.db, userId, key);
  const found = await listRows(ctx.db, { ...readPage(query), userId, containerId, verdict: query.verdict });
  const { rows, nextCursor } = toPage(found, query.limit);
  return { items: rows.map(toWire), nextCursor };
}

function toWire(row: FlowRow): Flow {
  return {
    id: row.id,
    verdict: row.verdict,
    protocol: row.protocol,
    address: row.address || null,
    port: row.port || null,
    name: row.name || null,
    sentPackets: row.sentPackets,
    sentBytes: row.sentBytes,
    receivedPackets: row.receivedPackets,
    receivedBytes: row.receivedBytes,
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
  };
}
