import { run, succeeds } from "./command.ts";

/**
 * The packet rules around the engine's namespace, on the host and inside it. They let the engine out and this host in;
 * the denial of private ranges and of the host to containers belongs here too.
 */
export interface Rule {
  table: "nat" | "filter" | "mangle";
  chain: string;
  match: string[];
}

/** On the host: the engine may reach out through it, and answers may come back. */
export function hostRules(link: string, block: string): Rule[] {
  return [
    { table: "nat", chain: "POSTROUTING", match: ["-s", block, "!", "-o", link, "-j", "MASQUERADE"] },
    { table: "filter", chain: "FORWARD", match: ["-i", link, "-s", block, "-j", "ACCEPT"] },
    {
      table: "filter",
      chain: "FORWARD",
      match: ["-o", link, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"],
    },
    // Only this host itself may begin a connection to a container. Whoever it forwards for (its network, another engine's
    // containers) would come masqueraded as it. In mangle, since other engines put their ACCEPTs before ours in filter.
    {
      table: "mangle",
      chain: "FORWARD",
      match: ["-o", link, "-m", "conntrack", "--ctstate", "NEW,INVALID", "-j", "DROP"],
    },
  ];
}

/** Inside: the host's own connections reach the containers; the engine's policy drops whatever else comes over the uplink. */
export function entryRules(hostAddress: string, uplink: string): Rule[] {
  const match = ["-i", uplink, "-s", hostAddress, "-p", "tcp", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT"];
  return [{ table: "filter", chain: "FORWARD", match }];
}

/** Inside: the engine reads the host's /etc/resolv.conf; its loopback server is led to a real one. */
export function resolverRules(loopback: string, server: string, uplink: string): Rule[] {
  const queries = ["udp", "tcp"].map((protocol): Rule => {
    const match = ["-d", loopback, "-p", protocol, "--dport", "53", "-j", "DNAT", "--to-destination", server];
    return { table: "nat", chain: "OUTPUT", match };
  });
  return [
    ...queries,
    { table: "nat", chain: "POSTROUTING", match: ["-o", uplink, "-s", "127.0.0.0/8", "-j", "MASQUERADE"] },
  ];
}

/** First in their chain, since another engine on the machine may drop what it does not know. */
export async function addRules(rules: Rule[], enter: string[] = []): Promise<void> {
  for (const rule of rules) {
    if (!(await succeeds(...command(enter, "-C", rule)))) await run(...command(enter, "-I", rule));
  }
}

export async function removeRules(rules: Rule[]): Promise<void> {
  for (const rule of rules) {
    while (await succeeds(...command([], "-C", rule))) await run(...command([], "-D", rule));
  }
}

function command(enter: string[], action: string, rule: Rule): [string, string[]] {
  const [program = "", ...args] = [
    ...enter,
    "iptables",
    "-w",
    "10",
    "-t",
    rule.table,
    action,
    rule.chain,
    ...rule.match,
  ];
  return [program, args];
}
