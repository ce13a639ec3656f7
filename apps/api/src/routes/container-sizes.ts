import { can, type Container, type ContainerSize } from "@hafen/contract";
import type { ContainerRow } from "@hafen/db";
import type { Context } from "hono";
import type { AppEnv } from "../deps.ts";
import { userUsageOf } from "../user-usage.ts";
import { callWorker, textOf, workerCall } from "../worker-streams.ts";

/** Of one container, as it is now. */
export async function sizeOf(c: Context<AppEnv>, row: ContainerRow): Promise<ContainerSize | null> {
  if (!can("files", row.state)) return null;
  const call = await workerCall(c.var.deps, row, "size");
  const response = await callWorker(call, undefined, c.req.raw.signal);
  return JSON.parse(await textOf(response)) as ContainerSize | null;
}

/** Of many, from their hosts' last count; null where a host does not answer. */
export async function withSizes<Page extends { items: Container[] }>(c: Context<AppEnv>, page: Page): Promise<Page> {
  if (page.items.length === 0) return page;
  const { containers } = await userUsageOf(c.var.deps, c.var.user.id, c.req.raw.signal);
  return { ...page, items: page.items.map((item) => ({ ...item, size: containers[item.id] ?? null })) };
}
