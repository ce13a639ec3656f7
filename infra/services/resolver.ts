import { readFile } from "node:fs/promises";

// systemd-resolved listens on a loopback address; here it writes the servers it asks itself.
const UPSTREAM_FILE = "/run/systemd/resolve/resolv.conf";

export interface Resolver {
  /** IPv4 servers that answer from inside the engine's namespace. */
  servers: string[];
  /** The loopback addresses in /etc/resolv.conf: there, they would lead nowhere. */
  loopback: string[];
}

export async function readResolver(): Promise<Resolver> {
  const own = nameServers(await readFile("/etc/resolv.conf", "utf8").catch(() => ""));
  const loopback = own.filter(isLoopback);
  const routable = own.filter((server) => !isLoopback(server));
  if (routable.length > 0) return { servers: routable, loopback };
  const upstream = nameServers(await readFile(UPSTREAM_FILE, "utf8").catch(() => ""));
  return { servers: upstream.filter((server) => !isLoopback(server)), loopback };
}

export function nameServers(resolvConf: string): string[] {
  return resolvConf
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([keyword, address]) => keyword === "nameserver" && /^[\d.]+$/.test(address ?? ""))
    .map(([, address]) => address as string);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.");
}
