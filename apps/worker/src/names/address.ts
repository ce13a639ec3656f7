import { createHash } from "node:crypto";

const FIRST = 0x64_40_00_00; // 100.64.0.0/10 (RFC 6598), closed to containers but for this
const SIZE = 2 ** 22;

/** Where the containers of a host reach its resolver: always the same, since they are made with it, and one for each worker of an engine. */
export function resolverAddress(hostId: string): string {
  const number = FIRST + (createHash("sha256").update(hostId).digest().readUInt32BE(0) % SIZE);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}
