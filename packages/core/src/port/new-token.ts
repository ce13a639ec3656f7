import { createHash, randomBytes } from "node:crypto";

/** `hfl_` and 256 random bits. Only its SHA-256 is kept, as of keys. */
export function newLinkToken(): { token: string; hash: string } {
  const token = `hfl_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashLinkToken(token) };
}

export function isLinkToken(text: string): boolean {
  return /^hfl_[A-Za-z0-9_-]{43}$/.test(text);
}

export function hashLinkToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
