import { examineHost, type HostCtx } from "@hafen/core";
import { findHost } from "@hafen/db";
import { readHostFacts } from "../host-facts.ts";
import type { StreamRequest } from "./server.ts";

export async function answerHostCheck(ctx: HostCtx, { response, signal }: StreamRequest): Promise<void> {
  const [row, facts] = await Promise.all([findHost(ctx.db, ctx.hostId), readHostFacts(ctx, signal)]);
  const found = { host: row?.name ?? ctx.hostId, checkedAt: new Date().toISOString(), checks: examineHost(facts) };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
}
