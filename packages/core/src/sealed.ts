import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

/** Seals what is kept at rest. Its id goes before everything that it sealed, so that another key can follow it later. */
export interface SecretKey {
  id: Buffer;
  key: Buffer;
}
/** What is sealed, is sealed with the newest; what any of them sealed can be opened. */
export interface SecretKeys {
  newest: SecretKey;
  /** By their ids in hex, the newest among them. */
  all: ReadonlyMap<string, SecretKey>;
}

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Of one key or several, apart by blanks or commas, the newest first. @throws an error that does not hold the text. */
export function readSecretKeys(text: string): SecretKeys {
  const keys = text
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map(readSecretKey);
  const [newest] = keys;
  if (!newest) throw new Error(NO_KEY);
  return { newest, all: new Map(keys.map((key) => [key.id.toString("hex"), key])) };
}

const NO_KEY = `a secret key is ${KEY_BYTES} random bytes in base64: openssl rand -base64 ${KEY_BYTES}`;

function readSecretKey(text: string): SecretKey {
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES || key.toString("base64") !== text) throw new Error(NO_KEY);
  return { id: createHash("sha256").update("hafen key id\0").update(key).digest().subarray(0, ID_BYTES), key };
}

/** `id nonce tag ciphertext`. It opens only in the same `place`: moved to another row it is of no use. */
export function seal(
  { newest: { id, key } }: SecretKeys,
  content: string | Uint8Array,
  place: readonly string[],
): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(bound(place));
  const sealed = Buffer.concat([cipher.update(Buffer.from(content)), cipher.final()]);
  return Buffer.concat([id, nonce, cipher.getAuthTag(), sealed]);
}

/** The id, in hex, of the key that sealed it. */
export function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(0, ID_BYTES)).toString("hex");
}

/** Undefined when an unknown key or another place sealed it, or it was changed. */
export function unseal({ all }: SecretKeys, sealed: Uint8Array, place: readonly string[]): Buffer | undefined {
  const bytes = Buffer.from(sealed);
  const [nonceAt, tagAt, textAt] = [ID_BYTES, ID_BYTES + NONCE_BYTES, ID_BYTES + NONCE_BYTES + TAG_BYTES];
  const known = all.get(keyIdOf(bytes));
  if (bytes.length < textAt || !known) return undefined;
  const decipher = createDecipheriv(CIPHER, known.key, bytes.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(bound(place)).setAuthTag(bytes.subarray(tagAt, textAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(textAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** As JSON, so that no two places are the same bytes. */
function bound(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place));
}
