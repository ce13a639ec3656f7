import { replaceSealed, sealedBy, sealedCounts, type SealedRow } from "@hafen/db";
import type { HostCtx } from "../ctx.ts";
import { placeOfCredential } from "../registry/credentials.ts";
import { seal, unseal, type SecretKeys } from "../sealed.ts";
import { placeOfSecret } from "./keys.ts";

const BATCH = 100;

export interface Resealed {
  /** Rows that now stand under the newest key. */
  count: number;
  /** Of rows that nobody here can open: the key's id, and how many it sealed. */
  unknown: { keyId: string; count: number }[];
}

/**
 * What older keys have sealed goes under the newest, so that they can be forgotten. A row that its owner stores meanwhile is theirs; killed in
 * the middle, the rest is done at the next round.
 */
export async function reseal({ db, secretKeys: keys }: Pick<HostCtx, "db" | "secretKeys">): Promise<Resealed> {
  const newest = keys?.newest.id.toString("hex");
  const others = (await sealedCounts(db)).filter(({ keyId }) => keyId !== newest);
  const result: Resealed = { count: 0, unknown: [] };
  for (const { keyId, count } of others) {
    if (!keys?.all.has(keyId)) result.unknown.push({ keyId, count });
    else result.count += await renewAll(keys, keyId);
  }
  return result;

  /** A row that does not open is left; a batch of nothing else ends it. */
  async function renewAll(known: SecretKeys, keyId: string): Promise<number> {
    for (let count = 0; ;) {
      const before = count;
      for (const row of await sealedBy(db, keyId, BATCH)) if (await renew(known, row)) count += 1;
      if (count === before) return count;
    }
  }

  async function renew(known: SecretKeys, row: SealedRow): Promise<boolean> {
    const place = placeOf(row);
    const content = unseal(known, row.sealed, place);
    return content !== undefined && (await replaceSealed(db, row, seal(known, content, place)));
  }
}

function placeOf({ table, userId, key }: SealedRow): string[] {
  return table === "secrets" ? placeOfSecret(userId, key) : placeOfCredential(userId, key);
}
