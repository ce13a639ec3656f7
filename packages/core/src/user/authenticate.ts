import { findLiveKey, touchKey, type Db, type KeyRow, type UserRow } from "@hafen/db";
import type { Actor } from "../ctx.ts";
import { hashKey } from "./new-key.ts";

export interface Authenticated {
  user: UserRow;
  key: KeyRow;
  /** How many streams the user may have open at once in one api. */
  streams: number;
}

/** The user and scopes behind a key; undefined when it is unknown, expired or revoked. */
export async function authenticate(db: Db, apiKey: string): Promise<Authenticated | undefined> {
  if (!/^hfn_[A-Za-z0-9_-]{43}$/.test(apiKey)) return undefined;
  const found = await findLiveKey(db, hashKey(apiKey));
  if (found && (found.key.lastUsedAt === null || Date.now() - found.key.lastUsedAt.getTime() > 60_000))
    await touchKey(db, found.key.id);
  return found;
}

export function actorOf({ user, key }: Authenticated, requestId: string, address: string | undefined): Actor {
  return { userId: user.id, scopes: key.scopes, keyId: key.id, requestId, address };
}
