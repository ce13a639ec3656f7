import { lookup } from "node:dns/promises";
import { DEFAULT_REGISTRIES, isClosedAddress } from "@hafen/core";

const HTTPS = "443";

/**
 * The registries of the operator's list that lie in ranges which are closed otherwise, as elements of a set of nftables. A name is asked for
 * once, at the start; one that has no address then is closed until the next one.
 */
export async function innerRegistries(allowed: ReadonlySet<string>): Promise<string[]> {
  const known = new Set(DEFAULT_REGISTRIES.split(","));
  const found = [...allowed]
    .filter((registry) => !known.has(registry))
    .map(async (registry) => {
      const [, host = registry, port = HTTPS] = /^(.*?)(?::(\d+))?$/.exec(registry) ?? [];
      const addresses = await lookup(host, { all: true, family: 4 }).catch(() => []);
      return addresses.flatMap(({ address }) => (isClosedAddress(address) ? [`${address} . ${port}`] : []));
    });
  return [...new Set((await Promise.all(found)).flat())];
}
