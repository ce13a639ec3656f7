import type { BuildRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import type { Product } from "./execute.ts";
import { fetchImage } from "./fetch-image.ts";
import { holdTag } from "./holds.ts";
import type { LogWriter } from "./log-writer.ts";
import { openTransfer } from "./transfer.ts";

export async function executePull(
  ctx: HostCtx,
  build: BuildRow,
  log: LogWriter,
  signal: AbortSignal,
): Promise<Product> {
  const { reference = "", platform } = build.source ?? {};
  const transfer = await openTransfer(ctx, build, reference);
  const fetched = await fetchImage(ctx, build, transfer, { holdAs: holdTag(ctx, build), platform, log, signal });
  return { digest: fetched.image.id, manifestDigest: fetched.manifestDigest };
}
