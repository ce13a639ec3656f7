import { setEngineNames, type BuildRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { registryFailed } from "../registry/failure.ts";
import { BuildRefused } from "./bases.ts";
import type { Product } from "./execute.ts";
import { holdTag } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";
import { follow, openTransfer } from "./transfer.ts";

/**
 * First asks the registry, with the user's own login, which manifest is meant: the engine would answer a pull by digest from what it
 * has, whoever asks. Then pulls that manifest, which nobody can exchange meanwhile.
 */
export async function executePull(
  ctx: HostCtx,
  build: BuildRow,
  log: LogWriter,
  signal: AbortSignal,
): Promise<Product> {
  const transfer = await openTransfer(ctx, build);
  const { remote, login } = transfer;
  await log.write("status", `Pulling ${remote.full}\n`, Date.now());
  const resolved = await ctx.engine.resolveImage(remote.full, login, { signal });
  if (resolved.type === "failed") throw new BuildRefused(registryFailed(remote, login, resolved));
  const { digest } = resolved;
  await setEngineNames(ctx.db, build.id, [`${remote.repository}@${digest}`]);
  const request = {
    repository: remote.repository,
    digest,
    platform: build.source?.platform,
    login,
    holdAs: holdTag(ctx, build),
    maxBytes: ctx.imageBytes,
  };
  const end = await follow(transfer, ctx.engine.pullImage(request, { signal }), log);
  if (end.type !== "pulled") throw new Error("a pull ended as something else");
  const image = await ctx.engine.inspectImage(end.imageId);
  if (image && image.sizeBytes > ctx.imageBytes) {
    const message = `unpacked it has ${image.sizeBytes} bytes, and ${ctx.imageBytes} are allowed`;
    throw new BuildRefused(registryFailed(remote, login, { type: "failed", reason: "too_large", message }));
  }
  return { digest: end.imageId, manifestDigest: digest };
}
