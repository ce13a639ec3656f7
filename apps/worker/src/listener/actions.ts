import type { IncomingMessage } from "node:http";
import { Exec, KillContainer } from "@hafen/contract";
import { containerLogs, logStart, execContainer, signalContainer, type HostCtx } from "@hafen/core";
import { send } from "./send.ts";
import type { StreamRequest } from "./server.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function answerExec(ctx: HostCtx, { subject, request, response, signal }: StreamRequest): Promise<void> {
  const result = await execContainer(ctx, subject, Exec.parse(await readJson(request)), signal);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
}

export async function answerSignal(ctx: HostCtx, { subject, request, response }: StreamRequest): Promise<void> {
  const { signal = "SIGKILL" } = KillContainer.parse(await readJson(request));
  await signalContainer(ctx, subject, signal);
  response.writeHead(204).end();
}

/** One JSON line for each line printed. A slow reader slows the read of the engine's log, never the container. */
export async function answerLogs(ctx: HostCtx, { subject, response, url, signal }: StreamRequest): Promise<void> {
  const query = url.searchParams;
  const tail = query.get("tail");
  const after = query.get("after");
  const lines = await containerLogs(ctx, subject, {
    follow: query.get("follow") === "true",
    until: query.get("until") ?? undefined,
    tail: tail === null ? undefined : Number(tail),
    ...(after === null ? { since: query.get("since") ?? undefined } : logStart(after)),
    streams: (["stdout", "stderr"] as const).filter((stream) => query.get(stream) !== "false"),
    signal,
  });
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  for await (const line of lines) await send(response, `${JSON.stringify(line)}\n`, signal);
  response.end();
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error("the api sent more than it may");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString() || "{}");
}
