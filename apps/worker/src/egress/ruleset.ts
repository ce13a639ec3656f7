import { CLOSED_RANGES } from "@hafen/core";

/** The engine's end of its link to the host: infra gives it this name. */
const UPLINK = "uplink";
/** Of dockerd, which builds run on. */
const DEFAULT_BRIDGE = "docker0";
/** Tells whoever was refused at once; what is dropped is waited for. */
const REFUSE = "reject with icmpx type admin-prohibited";
const CLOSED = `{ ${CLOSED_RANGES.join(", ")} }`;

export interface OutLimits {
  bytesPerSecond: number;
  connections: number;
  connectionsPerSecond: number;
}

/**
 * Of one host's containers, told apart by their hardware addresses: what no element of a set lets out is refused. It comes before the
 * engine's own rules, and nobody who flushes those touches it.
 */
export function ownTable(
  table: string,
  mac: { value: string; mask: string },
  resolvers: readonly string[],
  limits: OutLimits,
): string {
  const own = (end: "saddr" | "daddr") => `ether ${end} & ${mac.mask} == ${mac.value}`;
  const { bytesPerSecond, connections, connectionsPerSecond } = limits;
  return `
table inet ${table} {
  set internet { type ether_addr; }
  set lookup { type ether_addr; }
  set ranges { type ether_addr . ipv4_addr; flags interval; }
  set range_ports { type ether_addr . ipv4_addr . inet_service; flags interval; }
  set named { type ether_addr . ipv4_addr; flags timeout; size 65536; }
  set named_ports { type ether_addr . ipv4_addr . inet_service; flags timeout; size 65536; }
  set connections { type ether_addr; flags dynamic; size 65536; }
  set openings { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  set bandwidth { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  chain forward {
    type filter hook forward priority -20; policy accept;
    ${own("saddr")} goto egress
  }
  chain input {
    type filter hook input priority -20; policy accept;
    ${own("saddr")} goto inside
  }
  chain egress {
    update @bandwidth { ether saddr limit rate over ${bytesPerSecond} bytes/second burst ${bytesPerSecond} bytes } drop
    ct state established,related accept
    ${own("daddr")} accept
    meta nfproto ipv6 drop
    ct state invalid drop
    fib saddr . iif oif missing drop
    ${resolvers.length === 0 ? "" : `ether saddr @lookup ip daddr { ${resolvers.join(", ")} } meta l4proto { tcp, udp } th dport 53 accept`}
    ip daddr ${CLOSED} ${REFUSE}
    tcp dport 25 ${REFUSE}
    ct state new add @connections { ether saddr ct count over ${connections} } ${REFUSE}
    ct state new update @openings { ether saddr limit rate over ${connectionsPerSecond}/second burst ${connectionsPerSecond * 2} packets } drop
    ether saddr @internet accept
    ether saddr . ip daddr @ranges accept
    meta l4proto { tcp, udp } ether saddr . ip daddr . th dport @range_ports accept
    ether saddr . ip daddr @named accept
    meta l4proto { tcp, udp } ether saddr . ip daddr . th dport @named_ports accept
    ${REFUSE}
  }
  chain inside {
    ct state established,related accept
    meta l4proto { tcp, udp } th dport 53 accept
    ${REFUSE}
  }
}
`;
}

export const BASE = "hafen_base";
/** In the namespace of an engine of Hafen's own: holds for builds and for what the engine itself fetches, too. Workers that share one say the same. */
export function baseTable(resolvers: readonly string[]): string {
  const asking =
    resolvers.length === 0 ? "" : `ip daddr { ${resolvers.join(", ")} } meta l4proto { tcp, udp } th dport 53 accept`;
  return `
table inet ${BASE} {
  set registries { type ipv4_addr . inet_service; }
  chain forward {
    type filter hook forward priority -15; policy accept;
    iifname "${UPLINK}" accept
    ct state established,related accept
    iifname "${DEFAULT_BRIDGE}" oifname "${DEFAULT_BRIDGE}" drop
    oifname != "${UPLINK}" accept
    meta nfproto ipv6 drop
    fib saddr . iif oif missing drop
    ${asking}
    ip daddr ${CLOSED} ${REFUSE}
    tcp dport 25 ${REFUSE}
  }
  chain input {
    type filter hook input priority -15; policy accept;
    iifname { "lo", "${UPLINK}" } accept
    ct state established,related accept
    meta l4proto { tcp, udp } th dport 53 accept
    ${REFUSE}
  }
  chain output {
    type filter hook output priority -15; policy accept;
    oifname != "${UPLINK}" accept
    ct state established,related accept
    meta nfproto ipv6 drop
    ${asking}
    ip daddr . tcp dport @registries accept
    ip daddr ${CLOSED} ${REFUSE}
    tcp dport 25 ${REFUSE}
  }
}
`;
}

/** On the host: nothing that comes over the engine's link begins a connection to this machine, whatever its addresses are. */
export function hostTable(table: string, link: string, resolvers: readonly string[]): string {
  return `
table inet ${table} {
  chain input {
    type filter hook input priority -15; policy accept;
    iifname != "${link}" accept
    ct state established,related accept
    ${resolvers.length === 0 ? "" : `ip daddr { ${resolvers.join(", ")} } meta l4proto { tcp, udp } th dport 53 accept`}
    ${REFUSE}
  }
}
`;
}

/** Replaces a table by this text at once, whether it was there or not. */
export function replacing(table: string, text: string): string {
  return `table inet ${table}\ndelete table inet ${table}\n${text}`;
}
