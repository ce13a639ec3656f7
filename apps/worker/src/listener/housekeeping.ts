import { containerSize, pruneVolumeHere, userUsage, type Actor, type HostCtx } from "@hafen/core";
import { readJson } from "./actions.ts";
import type { StreamRequest } from "./server.ts";

/** Of one container, counted now. */
export async function answerSize(ctx: HostCtx, { subject, response }: StreamRequest): Promise<void> {
  const size = await containerSize(ctx, subject);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(size));
}

/** Of all that the user whom the token names has here. */
export async function answerUsage(ctx: HostCtx, { subject, response }: StreamRequest): Promise<void> {
  const usage = await userUsage(ctx, subject);
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(usage));
}

/** The api says in whose name: it has verified the key. */
export async function answerPruneVolume(
  ctx: HostCtx,
  { subject, request, response, url }: StreamRequest,
): Promise<void> {
  const actor = (await readJson(request)) as Actor;
  await pruneVolumeHere(ctx, subject, { actor, dryRun: url.searchParams.get("dryRun") === "true" });
  response.writeHead(204).end();
}
