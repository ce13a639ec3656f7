import { isTarBlock, isZeroBlock } from "./tar-header.ts";

export type Format = "gzip" | "zstd" | "tar";

const UNSUPPORTED: readonly { name: string; magic: readonly number[] }[] = [
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: "lzma", magic: [0x5d, 0x00, 0x00] },
  { name: "lz4", magic: [0x04, 0x22, 0x4d, 0x18] },
  { name: "lzip", magic: [0x4c, 0x5a, 0x49, 0x50] },
  { name: "compress (.Z)", magic: [0x1f, 0x9d] },
  { name: "zip", magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: "7-Zip", magic: [0x37, 0x7a, 0xbc, 0xaf] },
];

/** The format of an upload by its first bytes, or the name of one that is known and not taken, or nothing. */
export function detectFormat(head: Uint8Array): { format: Format } | { unsupported: string | undefined } {
  if (starts(head, [0x1f, 0x8b])) return { format: "gzip" };
  if (starts(head, [0x28, 0xb5, 0x2f, 0xfd])) return { format: "zstd" };
  if (isTarBlock(head) || isZeroBlock(head)) return { format: "tar" };
  return { unsupported: unsupportedFormat(head) };
}

/** The name of a compression that the engine would unpack by itself and we cannot measure. */
export function unsupportedFormat(head: Uint8Array): string | undefined {
  return UNSUPPORTED.find(({ magic }) => starts(head, magic))?.name;
}

function starts(head: Uint8Array, magic: readonly number[]): boolean {
  return head.length >= magic.length && magic.every((byte, i) => head[i] === byte);
}
