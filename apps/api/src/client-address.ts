import { BlockList, isIP } from "node:net";

/** Whether an address is a proxy's of ours, whose word on where a request came from counts. */
export type TrustedProxies = (address: string) => boolean;

/** Addresses and networks, comma-separated, as `10.0.0.2,fd00::/8`. @throws Error for anything else. */
export function readTrustedProxies(text: string): TrustedProxies {
  const list = new BlockList();
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const [address = "", bits, ...rest] = part.split("/");
    const family = familyOf(address);
    const prefix = Number(bits ?? (family === "ipv4" ? 32 : 128));
    if (!family || rest.length > 0 || !/^\d{1,3}$/.test(bits ?? "0") || prefix > (family === "ipv4" ? 32 : 128))
      throw new Error(`HAFEN_TRUSTED_PROXIES: ${part} is neither an address nor a network`);
    list.addSubnet(address, prefix, family);
  }
  return (address) => {
    const family = familyOf(address);
    return family !== undefined && list.check(address, family);
  };
}

/**
 * Where a request came from: who connected, or, when that is a trusted proxy, whom the proxy says it was for, and so on as long as it is
 * proxies of ours that say so. What a client writes into X-Forwarded-For itself counts for nothing.
 */
export function clientAddress(
  connectedFrom: string | undefined,
  forwardedFor: string | undefined,
  isTrusted: TrustedProxies,
): string | undefined {
  if (connectedFrom === undefined) return undefined;
  let address = plain(connectedFrom);
  for (const hop of (forwardedFor ?? "").split(",").toReversed()) {
    const claimed = plain(hop.trim());
    if (!isTrusted(address) || isIP(claimed) === 0) break;
    address = claimed;
  }
  return address;
}

/** An IPv4 client of a listener for both is the same client. */
function plain(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  return ({ 4: "ipv4", 6: "ipv6" } as const)[isIP(address)];
}
