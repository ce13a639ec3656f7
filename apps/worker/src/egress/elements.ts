import type { Egress } from "@hafen/contract";
import { addressOf, covers, parseAllowed, rangeOf } from "@hafen/core";

/** The elements that let one container out, as nft writes them, by their sets. */
export type Elements = Readonly<Record<"internet" | "ranges" | "range_ports", readonly string[]>>;

export function elementsOf(mac: string, { policy, allow }: Egress): Elements {
  if (policy === "none") return { internet: [], ranges: [], range_ports: [] };
  if (policy === "internet") return { internet: [mac], ranges: [], range_ports: [] };
  const ranges = allow.map(parseAllowed).filter((entry) => entry.kind === "range");
  const whole = apart(ranges.flatMap(({ cidr, port }) => (port === undefined ? [cidr] : [])));
  const ports = [...new Set(ranges.flatMap(({ port }) => port ?? []))];
  return {
    internet: [],
    ranges: whole.map((cidr) => `${mac} . ${cidr}`),
    range_ports: ports.flatMap((port) =>
      apart(ranges.flatMap((entry) => (entry.port === port ? [entry.cidr] : []))).map(
        (cidr) => `${mac} . ${cidr} . ${port}`,
      ),
    ),
  };
}

/** Without those that lie in another one: nft takes no element that overlaps another, and no prefix of no bits. */
function apart(cidrs: readonly string[]): string[] {
  const kept = cidrs.filter(
    (cidr, at) => !cidrs.some((other, before) => covers(other, cidr) && (before < at || !covers(cidr, other))),
  );
  return kept.map((cidr) => {
    const { first, last } = rangeOf(cidr);
    return first === last ? addressOf(first) : `${addressOf(first)}-${addressOf(last)}`;
  });
}
