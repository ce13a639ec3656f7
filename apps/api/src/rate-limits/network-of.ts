import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/** What one client has for itself: an address of IPv4, the /64 of IPv6. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(":")}::/64`;
}
