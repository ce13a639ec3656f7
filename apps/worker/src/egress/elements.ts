import type { Egress } from "@hafen/contract";
import { parseAllowed } from "@hafen/core";

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

/** Without those that lie in another one: nft takes no element that overlaps another. */
function apart(cidrs: readonly string[]): string[] {
  const all = [...new Set(cidrs)].map((cidr) => {
    const [address = "", bits = "32"] = cidr.split("/");
    const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    const size = 2 ** (32 - Number(bits));
    return { first: Math.floor(number / size), size, bits: Number(bits) };
  });
  const kept = all
    .toSorted((a, b) => a.bits - b.bits)
    .filter(
      (range, at, sorted) =>
        !sorted.slice(0, at).some((wider) => Math.floor((range.first * range.size) / wider.size) === wider.first),
    );
  return kept.map(({ first, size, bits }) => {
    const number = first * size;
    const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
    return bits === 0 ? "0.0.0.0-255.255.255.255" : `${address}/${bits}`;
  });
}
