import { CLOSED_RANGES } from "@hafen/core";
import { lookups } from "../egress/ruleset.ts";

const DESTINATION = "ether saddr . ip saddr . meta l4proto . ip daddr";
const TYPES = "ether_addr . ipv4_addr . inet_proto . ipv4_addr";
const ORIGIN = "ct original ip saddr . ct original protocol . ct original ip daddr";
/** Read every few seconds: an element outlives several readings. */
const KEEP = "flags dynamic,timeout; timeout 1m; size 65536; counter";
const WITH_PORTS = "meta l4proto { tcp, udp }";
const WITHOUT = "meta l4proto != { tcp, udp }";

/**
 * Counts what this host's containers send, by destination, before any rule has judged it (`asked`) and after all of them (`sent`): what
 * is missing was denied, whoever's rule it was. What was judged is told apart by the packet, so a change of the rules shows at once.
 * Queries are in the record by the names they ask for. It lets everything pass.
 */
export function flowTable(table: string, mac: { value: string; mask: string }, upstreams: readonly string[]): string {
  const own = `meta nfproto ipv4 ether saddr & ${mac.mask} == ${mac.value} ct direction original`;
  return `
table inet ${table} {
  set asked { type ${TYPES} . inet_service; ${KEEP}; }
  set asked_other { type ${TYPES}; ${KEEP}; }
  set sent { type ${TYPES} . inet_service; ${KEEP}; }
  set sent_other { type ${TYPES}; ${KEEP}; }
  set received { type ipv4_addr . inet_proto . ipv4_addr . inet_service; ${KEEP}; }
  set received_other { type ipv4_addr . inet_proto . ipv4_addr; ${KEEP}; }
  set outside { type ether_addr; flags dynamic,timeout; timeout 1h; size 65536; counter; }
  set asking { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  set passing { type ether_addr; flags dynamic,timeout; timeout 1m; size 65536; }
  chain prerouting {
    type filter hook prerouting priority -150; policy accept;
    ${lookups(upstreams)} accept
    ${own} jump ask
  }
  chain ask {
    ${fresh("asking")}
    ${WITH_PORTS} update @asked { ${DESTINATION} . th dport }
    ${WITHOUT} update @asked_other { ${DESTINATION} }
  }
  chain forward {
    type filter hook forward priority 300; policy accept;
    ${own} jump pass
    meta nfproto ipv4 ct direction reply ${WITH_PORTS} update @received { ${ORIGIN} . ct original proto-dst }
    meta nfproto ipv4 ct direction reply ${WITHOUT} update @received_other { ${ORIGIN} }
  }
  chain input {
    type filter hook input priority 300; policy accept;
    ${lookups(upstreams)} accept
    ${own} jump pass
  }
  chain pass {
    ip daddr != { ${CLOSED_RANGES.join(", ")} } update @outside { ether saddr }
    ${fresh("passing")}
    ${WITH_PORTS} update @sent { ${DESTINATION} . th dport }
    ${WITHOUT} update @sent_other { ${DESTINATION} }
  }
}`;
}

/** One container that tries every address leaves room in the sets for the others: what goes over this is let be. */
function fresh(set: string): string {
  return `ct state new update @${set} { ether saddr limit rate over 20/second burst 400 packets } return`;
}
