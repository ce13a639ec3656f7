import type { BuildRow } from "@hafen/db";
import type { ImageInfo } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { registryFailed } from "../registry/failure.ts";
import { noteNames } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";
import { BuildRefused } from "./refused.ts";
import { follow, type Transfer } from "./transfer.ts";

export interface Fetched {
  image: ImageInfo;
  manifestDigest: string;
}

/**
 * First asks the registry, with the user's own login, which manifest is meant: the engine would answer a pull by digest from what it
 * has, whoever asks. Then pulls that manifest, which nobody can exchange meanwhile.
 */
export async function fetchImage(
  ctx: HostCtx,
  build: BuildRow,
  transfer: Transfer,
  options: { holdAs: string; platform?: string | undefined; log: LogWriter; signal: AbortSignal },
): Promise<Fetched> {
  const { remote, login } = transfer;
  const { holdAs, platform, log, signal } = options;
  await log.write("status", `Pulling ${remote.full}\n`, Date.now());
  const resolved = await ctx.engine.resolveImage(remote.full, login, { signal });
  if (resolved.type === "failed") throw new BuildRefused(registryFailed(remote, login, resolved));
  const { digest } = resolved;
  const { repository } = remote;
  await noteNames(ctx, build, [`${repository}@${digest}`]);
  const request = { repository, digest, platform, login, holdAs, maxBytes: ctx.imageBytes };
  await follow(transfer, ctx.engine.pullImage(request, { signal }), log);
  const image = await ctx.engine.inspectImage(holdAs, { signal });
  if (!image) throw new EngineError("unavailable", `pull ${remote.full}: the engine lost the image`);
  return { image, manifestDigest: digest };
}
