/** One 512-byte header of a tar, as POSIX ustar, GNU and the older forms write it. */
export interface TarHeader {
  name: string;
  linkName: string;
  /** The type flag as a character; "0" also for the NUL of old archives. */
  flag: string;
  sizeBytes: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeSeconds: number;
}

export const BLOCK_BYTES = 512;
const CHECKSUM = { at: 148, sizeBytes: 8 };
const SPACE = 0x20;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function isZeroBlock(block: Uint8Array): boolean {
  return block.length === BLOCK_BYTES && block.every((byte) => byte === 0);
}

/** Whether the block carries its own right checksum, which nothing but a tar header does. */
export function isTarBlock(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES) return false;
  const declared = number(block, CHECKSUM.at, CHECKSUM.sizeBytes);
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    sum += i >= CHECKSUM.at && i < CHECKSUM.at + CHECKSUM.sizeBytes ? SPACE : (block[i] ?? 0);
  }
  return declared === sum;
}

/** Undefined when the block is no header, has a number that is none, or a name that is not UTF-8. */
export function decodeHeader(block: Uint8Array): TarHeader | undefined {
  if (!isTarBlock(block)) return undefined;
  const posix = Buffer.from(block.subarray(257, 263)).toString("latin1") === "ustar\0";
  const prefix = posix ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  const linkName = text(block, 157, 100);
  const sizeBytes = number(block, 124, 12);
  const mode = number(block, 100, 8);
  const uid = number(block, 108, 8);
  const gid = number(block, 116, 8);
  const mtimeSeconds = number(block, 136, 12);
  if (name === undefined || prefix === undefined || linkName === undefined) return undefined;
  if (sizeBytes === undefined || sizeBytes < 0 || mode === undefined || mode < 0) return undefined;
  if (uid === undefined || uid < 0 || gid === undefined || gid < 0 || mtimeSeconds === undefined) return undefined;
  const flag = String.fromCharCode(block[156] || 0x30);
  return { name: prefix === "" ? name : `${prefix}/${name}`, linkName, flag, sizeBytes, mode, uid, gid, mtimeSeconds };
}

/** Text up to the first NUL; undefined when it is not UTF-8. */
export function text(bytes: Uint8Array, at: number, sizeBytes: number): string | undefined {
  const field = bytes.subarray(at, at + sizeBytes);
  const end = field.indexOf(0);
  try {
    return UTF8.decode(end === -1 ? field : field.subarray(0, end));
  } catch {
    return undefined;
  }
}

/** Octal digits between blanks, or GNU's base 256 when the high bit is set. */
function number(block: Uint8Array, at: number, sizeBytes: number): number | undefined {
  const field = block.subarray(at, at + sizeBytes);
  if (((field[0] ?? 0) & 0x80) !== 0) return base256(field);
  const match = /^[ \0]*([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString("latin1"));
  return match === null ? undefined : Number.parseInt(`0${match[1]}`, 8);
}

function base256(field: Uint8Array): number | undefined {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  field.forEach((byte, i) => {
    const bits = i > 0 ? byte : negative ? byte | 0xc0 : byte & 0x3f;
    value = (value << 8n) | BigInt(bits);
  });
  const result = Number(value);
  return Number.isSafeInteger(result) ? result : undefined;
}
