import { rangeOf } from "@hafen/core";

/**
 * Every address of one Hafen engine lies in one /16, so that one rule can name them all:
 *
 *     a.b.0.1/30      the host's end of the link      a.b.1.0/24    the engine's default bridge
 *     a.b.0.2/30      the engine's end of the link    a.b.128.0/17  users' networks, a /26 each (512 of them)
 */
export interface AddressPlan {
  block: string;
  hostAddress: string;
  engineAddress: string;
  bridge: string;
  networks: { base: string; size: number };
}

const PREFIX_BITS = 16;
const CANDIDATES = [
  ...Array.from({ length: 256 }, (_, index) => `10.${index}`),
  ...Array.from({ length: 16 }, (_, index) => `172.${16 + index}`),
];

/** The first block from a place that `id` decides, that touches nothing in `taken` (addresses or CIDRs). */
export function choosePlan(id: string, taken: string[]): AddressPlan | undefined {
  const ranges = taken.map(rangeOf);
  const start = Number.parseInt(id, 16) % CANDIDATES.length;
  const order = [...CANDIDATES.slice(start), ...CANDIDATES.slice(0, start)];
  const block = order.find((candidate) => {
    const own = rangeOf(`${candidate}.0.0/${PREFIX_BITS}`);
    return !ranges.some((range) => range.first <= own.last && own.first <= range.last);
  });
  return block === undefined ? undefined : planFor(block);
}

function planFor(block: string): AddressPlan {
  return {
    block: `${block}.0.0/${PREFIX_BITS}`,
    hostAddress: `${block}.0.1`,
    engineAddress: `${block}.0.2`,
    bridge: `${block}.1.1/24`,
    networks: { base: `${block}.128.0/17`, size: 26 },
  };
}
