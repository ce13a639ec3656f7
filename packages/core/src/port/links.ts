import {
  DEFAULT_LINK_SECONDS,
  newId,
  ProblemError,
  type CreatedLink,
  type CreateLink,
  type PortLink,
} from "@hafen/contract";
import { insertLink, listLinks as listRows, revokeLink as revokeRow, type PortLinkRow } from "@hafen/db";
import { getContainer, type ContainerKey } from "../container/request.ts";
import type { Ctx } from "../ctx.ts";
import { readPage, toPage } from "../page.ts";
import { record } from "../record.ts";
import { newLinkToken } from "./new-token.ts";

/** The query parameter of a link's url, and the cookie that takes its place. */
export const LINK_NAME = "hafen_link";

/** The answer holds the token, this once. */
export async function createLink(
  ctx: Ctx,
  key: ContainerKey,
  port: number,
  { expiresInSeconds = DEFAULT_LINK_SECONDS }: CreateLink,
): Promise<CreatedLink> {
  const { userId } = ctx.actor;
  const container = await getContainer(ctx.db, userId, key);
  if (!container.ports.some((declared) => declared.container === port)) {
    throw new ProblemError(
      "port_not_found",
      `${container.name} declares no port ${port}, so it has no address. Name it under ports, or connect to it with a key.`,
    );
  }
  const { token, hash } = newLinkToken();
  const row = await ctx.db.transaction(async (tx) => {
    const id = newId("link");
    const link = await insertLink(tx, { id, userId, containerId: container.id, port, hash }, expiresInSeconds);
    await record(tx, ctx.actor, {
      type: "link.created",
      action: "link.create",
      subject: id,
      data: { containerId: container.id, port, expiresAt: link.expiresAt.toISOString() },
      made: true,
    });
    return link;
  });
  return { ...toWire(row), url: `${ctx.portUrl(container.id, port)}/?${LINK_NAME}=${token}`, token };
}

export async function listLinks(
  ctx: Ctx,
  key: ContainerKey,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: PortLink[]; nextCursor: string | null }> {
  const { userId } = ctx.actor;
  const container = await getContainer(ctx.db, userId, key);
  const { rows, nextCursor } = toPage(await listRows(ctx.db, userId, container.id, readPage(query)), query.limit);
  return { items: rows.map(toWire), nextCursor };
}

/** Whoever serves a connection that it opened hears of the event and cuts it. */
export async function revokeLink(ctx: Ctx, key: ContainerKey, id: string): Promise<void> {
  const { userId } = ctx.actor;
  const container = await getContainer(ctx.db, userId, key);
  await ctx.db.transaction(async (tx) => {
    const link = await revokeRow(tx, { userId, containerId: container.id, id });
    if (!link) throw new ProblemError("link_not_found", `${container.name} has no link ${id}.`);
    await record(tx, ctx.actor, {
      type: "link.revoked",
      action: "link.revoke",
      subject: id,
      data: { containerId: container.id, port: link.port },
    });
  });
}

function toWire(row: PortLinkRow): PortLink {
  return {
    id: row.id,
    port: row.port,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}
