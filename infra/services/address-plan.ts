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

interface Range {
  first: number;
  last: number;
}

const PREFIX_BITS = 16;
const CANDIDATES = [
  ...Array.from({ length: 256 }, (_, index) => `10.${index}`),
  ...Array.from({ length: 16 }, (_, index) => `172.${16 + index}`),
];

/** The first block from a place that `id` decides, that touches nothing in `taken` (addresses or CIDRs). */
export function choosePlan(id: string, taken: string[]): AddressPlan | undefined {
  const ranges = taken.map(parseRange);
  const start = Number.parseInt(id, 16) % CANDIDATES.length;
  const order = [...CANDIDATES.slice(start), ...CANDIDATES.slice(0, start)];
  const block = order.find((candidate) => {
    const own = parseRange(`${candidate}.0.0/${PREFIX_BITS}`);
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

function parseRange(cidr: string): Range {
  const [address = "", bits = "32"] = cidr.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
