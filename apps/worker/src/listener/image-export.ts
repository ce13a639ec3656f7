import { exportImage, STALL_MS, type HostCtx } from "@hafen/core";
import { z } from "zod";
import { send } from "./send.ts";
import type { StreamRequest } from "./server.ts";

const Tags = z.array(z.string());

/** The archive as it comes; what breaks in the middle breaks the connection, so that nobody takes a part for the whole. */
export async function answerImageExport(
  ctx: HostCtx,
  { subject, response, url, signal }: StreamRequest,
): Promise<void> {
  const tags = Tags.parse(JSON.parse(url.searchParams.get("tags") ?? "[]"));
  const archive = await exportImage(ctx, subject, tags, signal);
  response.writeHead(200, { "content-type": "application/x-tar" });
  response.flushHeaders();
  for await (const piece of archive) await send(response, piece, signal, STALL_MS);
  response.end();
}
