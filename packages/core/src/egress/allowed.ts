import { isIPv4 } from "node:net";
import { EGRESS_POLICIES, ProblemError, type Egress, type EgressRequest, type Policy } from "@hafen/contract";
import { covers } from "./range.ts";

/** What an entry of an allow-list opens. */
export type Allowed = { port: number | undefined } & (
  | { kind: "range"; cidr: string }
  /** `wildcard`: every name below it, and not itself. */
  | { kind: "name"; name: string; wildcard: boolean }
);

/** In rows from before there was a choice. */
export const ANYWHERE: Egress = { policy: "internet", allow: [] };

/**
 * Closed to every container, whatever it may reach: this network, private, shared (RFC 6598), loopback, link-local with the metadata
 * services of clouds, protocol assignments, benchmarks, multicast and what is reserved.
 */
export const CLOSED_RANGES = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
] as const;

/** What is asked for, else the service's standard or the widest that the user's policy allows. */
export function egressOf(
  asked: EgressRequest | undefined,
  standard: Egress["policy"],
  { egress: widest = "internet" }: Policy,
): Egress {
  const isWider = (policy: Egress["policy"]) => EGRESS_POLICIES.indexOf(policy) > EGRESS_POLICIES.indexOf(widest);
  const { policy, allow = [] } = asked ?? { policy: isWider(standard) ? widest : standard };
  if (isWider(policy))
    throw new ProblemError(
      "policy_refused",
      `Your account's containers may have the egress policy ${widest} at most. Ask for that, or ask the admin.`,
    );
  for (const entry of allow) parseAllowed(entry);
  return { policy, allow: [...new Set(allow)] };
}

/** @throws ProblemError `egress_invalid` */
export function parseAllowed(text: string): Allowed {
  const invalid = (why: string) => new ProblemError("egress_invalid", `${JSON.stringify(text.slice(0, 300))} ${why}`);
  const [, target = "", digits] = /^(.*?)(?::(\d{1,5}))?$/s.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid("has no port between 1 and 65535.");
  const [address = "", bits = "32", ...more] = target.split("/");
  if (isIPv4(address) && more.length === 0 && /^\d{1,2}$/.test(bits) && Number(bits) <= 32) {
    const cidr = `${address}/${Number(bits)}`;
    if (isClosed(cidr)) throw invalid("is in a private or reserved range, which is closed to every container.");
    return { kind: "range", cidr, port };
  }
  const name = target.toLowerCase().replace(/\.$/, "");
  const wildcard = name.startsWith("*.");
  const bare = wildcard ? name.slice(2) : name;
  const isName =
    bare.length <= 253 && /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(bare);
  if (!isName)
    throw invalid(
      "is no IPv4 address, CIDR or DNS name, perhaps with :port, as 192.0.2.0/24, deb.debian.org or *.debian.org:443.",
    );
  return { kind: "name", name: bare, wildcard, port };
}

/** Whether all of it is closed; in a larger range what is closed stays closed. */
function isClosed(cidr: string): boolean {
  return CLOSED_RANGES.some((closed) => covers(closed, cidr));
}

export function isClosedAddress(address: string): boolean {
  return isClosed(`${address}/32`);
}
