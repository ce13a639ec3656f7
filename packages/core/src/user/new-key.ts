import { createHash, randomBytes } from "node:crypto";

export interface NewKey {
  apiKey: string;
  hash: string;
}
/** `hfn_` and 256 random bits. Only its SHA-256 is kept: enough for a key nobody can guess, and quick to look up. */
export function newKey(): NewKey {
  const apiKey = `hfn_${randomBytes(32).toString("base64url")}`;
  return { apiKey, hash: hashKey(apiKey) };
}
export function hashKey(apiKey: string): string {
  return createHash("sha256").update(apiKey).digest("hex");
}
