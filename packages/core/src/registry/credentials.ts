import { ProblemError, type RegistryCredential, type StoreCredential } from "@hafen/contract";
import {
  findCredential,
  listCredentials as listRows,
  putCredential,
  removeCredential as removeRow,
  type Db,
  type RegistryCredentialRow,
} from "@hafen/db";
import type { RegistryLogin } from "@hafen/engine";
import { asProblem } from "../archive/as-problem.ts";
import type { Ctx, HostCtx } from "../ctx.ts";
import { record } from "../record.ts";
import { registryName } from "../reference/remote-reference.ts";
import { requireKeys } from "../secret/keys.ts";
import { seal, unseal } from "../sealed.ts";
import { requireAllowed } from "./policy.ts";

/** Keeps what the user shows a registry. The password is sealed before anything else sees it; only a worker opens it. */
export async function storeCredential(ctx: Ctx, name: string, input: StoreCredential): Promise<RegistryCredential> {
  const { userId } = ctx.actor;
  const registry = asProblem(() => registryName(name));
  requireAllowed(ctx.registries, registry);
  const keys = requireKeys(ctx.secretKeys);
  const { username } = input;
  const sealedPassword = seal(keys, input.password, placeOfCredential(userId, registry));
  return ctx.db.transaction(async (tx) => {
    const row = await putCredential(tx, { userId, registry, username, sealedPassword });
    await record(tx, ctx.actor, {
      type: "registry.stored",
      action: "registry.store",
      subject: registry,
      data: { username },
    });
    return toWire(row);
  });
}

export async function listCredentials(db: Db, userId: string): Promise<{ items: RegistryCredential[] }> {
  return { items: (await listRows(db, userId)).map(toWire) };
}

export async function removeCredential(ctx: Ctx, name: string): Promise<void> {
  const registry = asProblem(() => registryName(name));
  await ctx.db.transaction(async (tx) => {
    if (!(await removeRow(tx, ctx.actor.userId, registry)))
      throw new ProblemError("registry_not_found", `You have no credentials for ${registry}.`);
    await record(tx, ctx.actor, { type: "registry.removed", action: "registry.remove", subject: registry });
  });
}

/** What this user shows this registry; undefined when nothing is stored, or the key that sealed it is not this worker's. */
export async function loginFor(ctx: HostCtx, userId: string, registry: string): Promise<RegistryLogin | undefined> {
  const row = await findCredential(ctx.db, userId, registry);
  const { secretKeys: keys } = ctx;
  const password = row && keys && unseal(keys, row.sealedPassword, placeOfCredential(userId, registry));
  return row && password ? { username: row.username, password: password.toString() } : undefined;
}

/** Where a user's password for a registry is sealed. */
export function placeOfCredential(userId: string, registry: string): string[] {
  return ["registry_credentials", userId, registry];
}

function toWire({ registry, username, updatedAt }: RegistryCredentialRow): RegistryCredential {
  return { registry, username, updatedAt: updatedAt.toISOString() };
}
