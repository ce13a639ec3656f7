import { containerById, containersWithSecrets } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { tidySecrets } from "../container/converge-secrets.ts";

/** As the machine has started anew, the memory that held them is gone: the engine shows no files of a container whose mounts are missing. */
export async function restoreSecretFiles(ctx: HostCtx): Promise<void> {
  const there = new Set(await ctx.engine.listSecretFiles());
  for (const id of await containersWithSecrets(ctx.db, ctx.hostId)) {
    const row = there.has(id) ? undefined : await containerById(ctx.db, id);
    if (row) await tidySecrets(ctx, row);
  }
}

/** Of containers that no row of this host claims. Listed before the rows are read: a row is there before its files. */
export async function dropSecretFiles(ctx: HostCtx): Promise<string[]> {
  const there = await ctx.engine.listSecretFiles();
  if (there.length === 0) return [];
  const claimed = new Set(await containersWithSecrets(ctx.db, ctx.hostId));
  const lost = there.filter((id) => !claimed.has(id));
  for (const id of lost) await ctx.engine.removeSecretFiles(id);
  return lost;
}
