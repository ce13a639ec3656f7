import { noteSecretVersions, sealedFor, secretsOf, type ContainerRow, type ContainerSecretRow } from "@hafen/db";
import { EngineError } from "@hafen/engine/error";
import type { HostCtx } from "../ctx.ts";
import { placeOfSecret } from "../secret/keys.ts";
import { unseal } from "../sealed.ts";

/** A value that this host cannot open: its key is not among those it was given. */
export class SecretClosed extends Error {}

/**
 * The files of a container's secrets hold their values only while it is being started: it keeps the files that it was started with, which nobody
 * else has by then. At any other time they are empty, and there all the same: the engine needs them to show the container's files.
 */
export async function emptySecrets(ctx: HostCtx, row: ContainerRow): Promise<ContainerSecretRow[]> {
  if (!row.config.hasSecrets) return [];
  const files = await secretsOf(ctx.db, [row.id]);
  await putEmpty(ctx, row.id, files);
  return files;
}

/** The same at any other time than a start. A host that has no memory for secrets, or none left, can still stop what runs there. */
export async function tidySecrets(ctx: HostCtx, row: ContainerRow): Promise<void> {
  try {
    await emptySecrets(ctx, row);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}

/** Starts it with the values of now in its files. Killed in between: the next converge empties them, and starts it if that is still due. */
export async function withSecrets(ctx: HostCtx, row: ContainerRow, start: () => Promise<void>): Promise<void> {
  if (!row.config.hasSecrets) return start();
  const files = await sealedFor(ctx.db, row.id);
  const given = files.map((file) => {
    const { secretId, name, sealedValue } = file;
    const content = ctx.secretKeys && unseal(ctx.secretKeys, sealedValue, placeOfSecret(row.userId, secretId));
    if (!content)
      throw new SecretClosed(
        `The secret ${name} does not open on this host: it lacks the key that sealed it. Store the secret again, or ask the operator.`,
      );
    return { ...owned(file), content };
  });
  try {
    await ctx.engine.putSecretFiles(row.id, given);
    await noteSecretVersions(ctx.db, row.id, files);
    await start();
  } finally {
    await putEmpty(ctx, row.id, files);
  }
}

async function putEmpty(ctx: HostCtx, id: string, files: ContainerSecretRow[]): Promise<void> {
  await ctx.engine.putSecretFiles(
    id,
    files.map((file) => ({ ...owned(file), content: Buffer.alloc(0) })),
  );
}

function owned({ uid, gid, mode }: ContainerSecretRow) {
  return { uid, gid, mode };
}
