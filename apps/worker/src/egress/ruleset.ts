import { CLOSED_RANGES, isClosedAddress } from "@hafen/core";

/** The engine's end of its link to the host: infra gives it this name. */
const UPLINK = "uplink";
/** Of dockerd, which builds run on. */
const DEFAULT_BRIDGE = "docker0";
/** Tells whoever was refused at once; what is dropped is waited for. */
const REFUSE = "goto refuse";
/** TCP is reset: an ICMP answer comes back while connect() still holds its socket, is ignored, and each refusal takes a second. */
const REFUSAL = `chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx type admin-prohibited
  }`;
const CLOSED = `{ ${CLOSED_RANGES.join(", ")} }`;

export interface OutLimits {
  bytesPerSecond: number;
  connections: number;
  connectionsPerSecond: number;
}

/** Queries to a name server that the engine may have given a container: those it asks itself, and whatever lies in a closed range. */
export function lookups(upstreams: readonly string[]): string {
  const servers = [...CLOSED_RANGES, ...upstreams.filter((server) => !isClosedAddress(server))];
  return `ip daddr { ${servers.join(", ")} } meta l4proto { tcp, udp } th dport 53`;
}

/**
 * Of one host's containers, told apart by their hardware addresses: what no element of a set lets out is refused. It comes before the
 * engine's own rules, and nobody who flushes those touches it.
 */
export function ownTable(
  table: string,
  mac: { value: string; mask: string },
  names: { resolver: string; upstreams: readonly string[] },
  limits: OutLimits,
): string {
  const own = (end: "saddr" | "daddr") => `ether ${end} & ${mac.mask} == ${mac.value}`;
  const { bytesPerSecond, connections, connectionsPerSecond } = limits;
  return `
table inet ${table} {
  set internet { type ether_addr; }
  set ranges { type ether_addr . ipv4_addr; flags interval; }
  set range_ports { type ether_addr . ipv4_addr . inet_service; flags interval; }
  set named { type ether_addr . ipv4_addr; flags timeout; size 65536; }
  set named_ports { type ether_addr . ipv4_addr . inet_service; flags timeout; size 65536; }
  set connections { type ether_addr; flags dynamic; size 65536; }
  set openings { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  set queries { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  set bandwidth { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  ${REFUSAL}
  chain prerouting {
    type nat hook prerouting priority -110; policy accept;
    # Whatever name server the engine gave them: ours stands for it. A neighbour's is its own.
    ${own("saddr")} ether daddr & ${mac.mask} != ${mac.value} ${lookups(names.upstreams)} dnat ip to ${names.resolver}
  }
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
    update @queries { ether saddr limit rate over 100/second burst 400 packets } drop
    ct state established,related accept
    ip daddr ${names.resolver} meta l4proto { tcp, udp } th dport 53 accept
    ${REFUSE}
  }
}
`;
}

export const BASE = "hafen_base";
/** In the namespace of an engine of Hafen's own: holds for builds and for what the engine itself fetches, too. Workers that share one say the same. */
export function baseTable(): string {
  return `
table inet ${BASE} {
  set resolvers { type ipv4_addr; }
  set registries { type ipv4_addr . inet_service; }
  ${REFUSAL}
  chain forward {
    type filter hook forward priority -15; policy accept;
    iifname "${UPLINK}" accept
    ct state established,related accept
    iifname "${DEFAULT_BRIDGE}" oifname "${DEFAULT_BRIDGE}" drop
    fib daddr . iif oif exists accept
    oifname != "${UPLINK}" ${REFUSE}
    meta nfproto ipv6 drop
    fib saddr . iif oif missing drop
    ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept
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
    ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept
    ip daddr . tcp dport @registries accept
    ip daddr ${CLOSED} ${REFUSE}
    tcp dport 25 ${REFUSE}
  }
}
`;
}

/** On the host: nothing that comes over the engine's link begins a connection to this machine, whatever its addresses are. */
export function hostTable(table: string, link: string): string {
  return `
table inet ${table} {
  set resolvers { type ipv4_addr; }
  set registries { type ipv4_addr . inet_service; }
  ${REFUSAL}
  chain input {
    type filter hook input priority -15; policy accept;
    iifname != "${link}" accept
    ct state established,related accept
    ip daddr . tcp dport @registries accept
    ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept
    ${REFUSE}
  }
}
`;
}

/** Replaces a table by this text at once, whether it was there or not. */
export function replacing(table: string, text: string): string {
  return `table inet ${table}\ndelete table inet ${table}\n${text}`;
}
