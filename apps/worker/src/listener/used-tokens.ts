import type { StreamGrant } from "@hafen/core";

/** Remembers a token's nonce until it would have expired anyway, so that each is taken once. */
export class UsedTokens {
  readonly #until = new Map<string, number>();

  take({ nonce, expiresAtMs }: Pick<StreamGrant, "nonce" | "expiresAtMs">): boolean {
    const nowMs = Date.now();
    for (const [old, until] of this.#until) {
      if (until > nowMs) break; // insertion order is expiry order, within a second or two
      this.#until.delete(old);
    }
    if (this.#until.has(nonce)) return false;
    this.#until.set(nonce, expiresAtMs);
    return true;
  }
}
