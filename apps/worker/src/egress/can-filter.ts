import { macPrefix } from "@hafen/core";
import { openNft } from "./nft.ts";
import { ownTable, type OutLimits } from "./ruleset.ts";

/**
 * Whether rules that are set here bind the engine's containers: it is Hafen's own, or on this machine, and the kernel takes all that a
 * table has in it. The table that is tried is gone with the same transaction.
 */
export async function canFilter(engine: string, namespace: string | undefined, limits: OutLimits): Promise<boolean> {
  if (namespace === undefined && !engine.startsWith("unix:")) return false;
  const table = `hafen_try_${process.pid}`;
  const names = { resolver: "127.0.0.1", upstreams: [] };
  const script = `${ownTable(table, macPrefix(table), names, limits)}\ndelete table inet ${table}\n`;
  return openNft(namespace)
    .load(script)
    .then(
      () => true,
      () => false,
    );
}
