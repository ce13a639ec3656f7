import { imageById, type BuildRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { BuildRefused } from "./refused.ts";
import type { Product } from "./execute.ts";
import { holdTag, noteNames } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";
import { follow, openTransfer } from "./transfer.ts";

export async function executePush(
  ctx: HostCtx,
  build: BuildRow,
  log: LogWriter,
  signal: AbortSignal,
): Promise<Product> {
  const gone = () =>
    new BuildRefused({ code: "build_failed", detail: "The image was removed before it was pushed. Push another." });
  const image = await imageById(ctx.db, build.source?.imageId ?? "");
  if (!image || image.state !== "ready") throw gone();
  if (image.hostId !== ctx.hostId)
    throw new BuildRefused({
      code: "host_lost",
      detail: "The host that has the image is gone. Push it once it is back.",
    });
  const transfer = await openTransfer(ctx, build, build.source?.reference ?? "");
  const { remote, login } = transfer;
  await log.write("status", `Pushing to ${remote.full}\n`, Date.now());
  await noteNames(ctx, build, [remote.full]);
  try {
    // Held by the build too, so that it stays whole when its owner removes it meanwhile.
    await ctx.engine.tagImage(image.digest, holdTag(ctx, build), { signal });
    const request = { imageId: image.digest, reference: remote.full, login };
    const { digest } = await follow(transfer, ctx.engine.pushImage(request, { signal }), log);
    return { digest: image.digest, manifestDigest: digest };
  } catch (error) {
    if (error instanceof EngineError && error.kind === "not_found") throw gone();
    throw error;
  }
}
