import { randomUUIDv7 } from "node:crypto";

/** What an id names, by its prefix. */
export const PREFIXES = {
  user: "usr",
  key: "key",
  host: "hst",
  image: "img",
  build: "bld",
  container: "ctr",
  volume: "vol",
  secret: "sec",
  helper: "hlp",
  network: "net",
  link: "lnk",
  flow: "flw",
  grant: "gra",
  blob: "blb",
  request: "req",
} as const;
export type IdKind = keyof typeof PREFIXES;

const CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz";

/** `ctr_` and 26 characters of Crockford's base 32 over a UUID of version 7 (RFC 9562): sorts by time as text. */
export function newId(kind: IdKind): string {
  let bits = BigInt(`0x${randomUUIDv7().replaceAll("-", "")}`);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return `${PREFIXES[kind]}_${text}`;
}

const PATTERN = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/;

/** Whether `text` is an id of this kind; a name never is, since names have no underscore at that place and length. */
export function isId(kind: IdKind, text: string): boolean {
  return text.startsWith(`${PREFIXES[kind]}_`) && PATTERN.test(text);
}
