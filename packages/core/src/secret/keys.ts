import { ProblemError } from "@hafen/contract";
import { readSecretKeys, type SecretKeys } from "../sealed.ts";

/** Of the operator's settings; undefined where none is set: nothing can be kept sealed then. @throws at what is no key. */
export function keysOf(text: string | undefined): SecretKeys | undefined {
  if (text === undefined) return undefined;
  try {
    return readSecretKeys(text);
  } catch (cause) {
    throw new Error(`HAFEN_SECRET_KEY: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function requireKeys(keys: SecretKeys | undefined): SecretKeys {
  if (keys) return keys;
  throw new ProblemError(
    "secrets_unavailable",
    "This service keeps no passwords and no secrets: its operator has set neither HAFEN_SECRET_KEY nor HAFEN_SECRET_KEY_FILE for the api and the workers.",
  );
}

/** Where a user's secret is sealed: a value that is moved to another row does not open there. */
export function placeOfSecret(userId: string, id: string): string[] {
  return ["secrets", userId, id];
}
