import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Seals what is kept at rest. Its id goes before everything that it sealed, so that another key can follow it later. */
export interface SecretKey {
  id: Buffer;
  key: Buffer;
}

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @throws an error that does not hold the text. */
export function readSecretKey(base64: string): SecretKey {
  const text = base64.trim();
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES || key.toString("base64") !== text)
    throw new Error(`a secret key is ${KEY_BYTES} random bytes in base64: openssl rand -base64 ${KEY_BYTES}`);
  return { id: createHash("sha256").update("hafen key id\0").update(key).digest().subarray(0, ID_BYTES), key };
}

/** `id nonce tag ciphertext`. It opens only in the same `place`: moved to another row it is of no use. */
export function seal({ id, key }: SecretKey, text: string, place: readonly string[]): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound(place));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([id, nonce, cipher.getAuthTag(), sealed]);
}

/** Undefined when another key or place sealed it, or it was changed. */
export function unseal({ id, key }: SecretKey, sealed: Uint8Array, place: readonly string[]): string | undefined {
  const bytes = Buffer.from(sealed);
  const [nonceAt, tagAt, textAt] = [ID_BYTES, ID_BYTES + NONCE_BYTES, ID_BYTES + NONCE_BYTES + TAG_BYTES];
  if (bytes.length < textAt || !bytes.subarray(0, ID_BYTES).equals(id)) return undefined;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(bound(place)).setAuthTag(bytes.subarray(tagAt, textAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

/** As JSON, so that no two places are the same bytes. */
function bound(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place));
}
