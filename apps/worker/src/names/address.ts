import { randomInt } from "node:crypto";

const FIRST = 0x64_40_00_00; // 100.64.0.0/10 (RFC 6598), closed to containers but for this
const SIZE = 2 ** 22;

/**
 * Where a resolver listens: a new one for each worker, to which the packet filter leads the queries. So the resolver of a worker that hangs,
 * and those of other workers beside it on one engine, are in nobody's way.
 */
export function newAddress(): string {
  const number = FIRST + randomInt(SIZE);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join(".");
}

/** Marks a host's addresses among those of others; an interface's label has at most 15 characters. */
export function addressLabel(hostId: string): string {
  return `lo:${hostId.slice(-10)}`;
}
