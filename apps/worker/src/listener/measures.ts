import {
  containerChanges,
  containerIsolation,
  containerStats,
  containerTop,
  exportContainer,
  STALL_MS,
  type HostCtx,
} from "@hafen/core";
import { send } from "./send.ts";
import type { StreamRequest } from "./server.ts";

const answerWith =
  (read: (ctx: HostCtx, id: string, signal: AbortSignal) => Promise<object>) =>
  async (ctx: HostCtx, { subject, response, signal }: StreamRequest): Promise<void> => {
    const found = await read(ctx, subject, signal);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
  };

export const answerTop = answerWith(containerTop);
export const answerChanges = answerWith(containerChanges);
export const answerIsolation = answerWith(containerIsolation);

export async function answerStats(ctx: HostCtx, { subject, response, signal }: StreamRequest): Promise<void> {
  const samples = await containerStats(ctx, subject, signal);
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for await (const sample of samples) await send(response, `${JSON.stringify(sample)}\n`, signal);
  response.end();
}

export async function answerExport(ctx: HostCtx, { subject, response, signal }: StreamRequest): Promise<void> {
  const tar = await exportContainer(ctx, subject, signal);
  response.writeHead(200, { "content-type": "application/x-tar" });
  response.flushHeaders();
  for await (const piece of tar) await send(response, piece, signal, STALL_MS);
  response.end();
}
