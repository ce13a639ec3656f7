import { newId } from "@hafen/contract";
import { upsertNetwork, type ContainerRow, type Db } from "@hafen/db";
import type { EndpointSpec } from "@hafen/engine";
import type { HostCtx } from "../ctx.ts";
import { macAddress } from "../egress/mac-address.ts";
import { LABELS } from "./spec.ts";

/** The user's own network on a host, made with the first container that is put there; in the transaction that makes the container. */
export async function takeNetwork(tx: Db, userId: string, hostId: string): Promise<string> {
  return (await upsertNetwork(tx, { id: newId("network"), userId, hostId })).id;
}

/** How a container is on its network: by its name, and with the hardware address that the packet filter knows it by. */
export function endpointOf(ctx: HostCtx, row: Pick<ContainerRow, "id" | "name">): EndpointSpec {
  return { aliases: [row.name], macAddress: macAddress(ctx.hostId, row.id) };
}

/** The host's half: the engine has it, whoever made or removed it before. */
export async function ensureNetwork(ctx: HostCtx, row: ContainerRow): Promise<void> {
  if (row.networkId === null) return;
  const labels = { [LABELS.id]: row.networkId, [LABELS.host]: ctx.hostId, [LABELS.user]: row.userId };
  await ctx.engine.createNetwork({ name: row.networkId, labels });
}

/** Ahead of a start: one that somebody removed on the host is made again, and the container, which points at the one that is gone, put on it. */
export async function restoreNetwork(ctx: HostCtx, row: ContainerRow, engineId: string): Promise<void> {
  if (row.networkId === null) return;
  const there = await ctx.engine.listNetworks({ key: LABELS.id, value: row.networkId });
  if (there.length > 0) return;
  await ensureNetwork(ctx, row);
  await ctx.engine.setEndpoint(engineId, row.networkId, endpointOf(ctx, row));
}
