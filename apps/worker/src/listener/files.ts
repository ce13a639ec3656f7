import { once } from "node:events";
import { ContainerPath } from "@hafen/contract";
import { readFiles, writeFiles, type HostCtx } from "@hafen/core";
import type { StreamRequest } from "./server.ts";

/** The tar as it comes. Its reader's pace is the engine's pace, and its leaving ends the read. */
export async function answerReadFiles(ctx: HostCtx, { subject, response, url, signal }: StreamRequest): Promise<void> {
  const tar = await readFiles(ctx, subject, pathOf(url), signal);
  response.writeHead(200, { "content-type": "application/x-tar" });
  response.flushHeaders();
  for await (const piece of tar) {
    if (!response.write(piece)) await once(response, "drain", { signal });
  }
  response.end();
}

export async function answerWriteFiles(
  ctx: HostCtx,
  { subject, request, response, url, signal }: StreamRequest,
): Promise<void> {
  // A refusal is answered while the body still comes: the connection must outlive our reading of it.
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const written = await writeFiles(ctx, subject, pathOf(url), body, signal);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(written));
}

function pathOf(url: URL): string {
  return ContainerPath.parse(url.searchParams.get("path"));
}
