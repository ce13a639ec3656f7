import type { NetworkReport } from "../../engine.ts";
import { readIfThere } from "../proc-file.ts";

const FIREWALL_UNKNOWN =
  "The rules are in the network namespace of the engine, which this worker does not enter; the host's operator can list them there.";

/** The network namespace of a process, through its files in /proc: no program is run and no namespace entered. */
export async function networkOf(pid: number): Promise<NetworkReport> {
  const file = async (name: string) => (await readIfThere(`/proc/${pid}/net/${name}`)) ?? "";
  const [devices, routes, tries, inet6] = await Promise.all(["dev", "route", "fib_trie", "if_inet6"].map(file));
  const names = [...(devices ?? "").matchAll(/^\s*([^:\s|]+):/gm)].map(([, name = ""]) => name);
  const addresses = [...addressesV4(tries ?? "", routes ?? ""), ...addressesV6(inet6 ?? "")];
  const interfaces = names.map((name) => ({
    name,
    addresses: addresses.filter((found) => found.name === name).map(({ address }) => address),
  }));
  // What has no interface but the loopback needs no rule.
  const alone = names.every((name) => name === "lo");
  return {
    interfaces,
    firewall: alone ? [] : undefined,
    firewallUnknown: alone ? undefined : FIREWALL_UNKNOWN,
  };
}

interface Found {
  name: string;
  address: string;
}

/** The kernel lists local addresses without their interface; the route of the network that one lies in has it, and its mask. */
function addressesV4(tries: string, routes: string): Found[] {
  const local = [...tries.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address = ""]) => address);
  const networks = routes
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/))
    .map(([name = "", network = "", , , , , , mask = ""]) => ({ name, network: word(network), mask: word(mask) }))
    .filter(({ mask }) => mask !== 0);
  return [...new Set(local)].flatMap((address) => {
    if (address.startsWith("127.")) return { name: "lo", address: `${address}/8` };
    const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    const found = networks.find(({ network, mask }) => (number & mask) >>> 0 === network);
    return found ? { name: found.name, address: `${address}/${prefix(found.mask)}` } : [];
  });
}

/** Numbers of /proc/net/route have their bytes the other way round. */
function word(hexadecimal: string): number {
  return Number.parseInt((hexadecimal.match(/../g) ?? []).toReversed().join(""), 16) || 0;
}

function prefix(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}

function addressesV6(inet6: string): Found[] {
  return inet6
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([digits = "", , length = "", , , name]) => {
      if (name === undefined) return [];
      const groups = (digits.match(/..../g) ?? []).join(":");
      // The URL parser knows the short form.
      const address = new URL(`http://[${groups}]`).hostname.slice(1, -1);
      return { name, address: `${address}/${Number.parseInt(length, 16)}` };
    });
}
