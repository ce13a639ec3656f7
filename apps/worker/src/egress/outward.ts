import { ANYWHERE, CLOSED_RANGES, macAddress, macPrefix, parseAllowed, type EgressFilter } from "@hafen/core";
import { containersToAdmit, type Db } from "@hafen/db";
import { errorFields, type Log } from "@hafen/process";
import { FlowRecorder } from "../flows/recorder.ts";
import { flowTable } from "../flows/ruleset.ts";
import { addressLabel, newAddress } from "../names/address.ts";
import { NameMemory } from "../names/memory.ts";
import { Openings } from "../names/openings.ts";
import type { Asker } from "../names/protocol.ts";
import { Resolver } from "../names/resolver.ts";
import { announce } from "./announce.ts";
import { openFilter, type Admitted, type FilterOptions } from "./filter.ts";
import { openNft } from "./nft.ts";

/** Of containers that are gone the last packets are still to be counted. */
const REMEMBER_MS = 600_000;

export interface Outward {
  egress: EgressFilter;
  /** Puts back what somebody took away. True when something was missing. */
  assert(): Promise<boolean>;
  close(): Promise<void>;
}

export interface OutwardOptions extends Omit<FilterOptions, "resolver"> {
  db: Db;
  holds: () => boolean;
  log: Log;
}

/** All that stands between a host's containers and the outside: the packet filter, the resolver, and the record of flows. */
export async function openOutward(options: OutwardOptions): Promise<Outward> {
  const { db, hostId, namespace, resolvers, holds, log } = options;
  const address = newAddress();
  const read = async () => {
    const since = performance.now();
    return { rows: await containersToAdmit(db, hostId), since };
  };
  const atFirst = await read();
  const filter = await openFilter({ ...options, resolver: address }, atFirst.rows);
  const memory = new NameMemory();
  const openings = new Openings((batch) => filter.allowAddresses(batch));
  const resolver = new Resolver({
    settings: { address, upstreams: [...resolvers], closed: [...CLOSED_RANGES] },
    label: addressLabel(hostId),
    namespace: namespace === undefined ? undefined : `/run/netns/${namespace}`,
    memory,
    open: (id, wanted) => openings.open(id, wanted),
    log,
  });
  const known = new Map<string, { id: string; at: number }>();
  const know = (row: Admitted): Asker => {
    const asker = askerOf(hostId, row);
    known.set(asker.mac, { id: row.id, at: performance.now() });
    return asker;
  };
  const table = `hafen_flows_${hostId.slice(-10)}`;
  const recorder = new FlowRecorder({
    db,
    nft: openNft(namespace),
    table,
    text: flowTable(table, macPrefix(hostId), resolvers),
    memory,
    idOf: (mac) => known.get(mac)?.id,
    isIdle: () => known.size === 0,
    holds,
    log,
  });

  function sync({ rows, since }: typeof atFirst): void {
    resolver.sync(rows.map(know), since);
    for (const [mac, { at }] of known) if (performance.now() - at > REMEMBER_MS) known.delete(mac);
    const ids = new Set([...known.values()].map(({ id }) => id));
    memory.keep(ids);
    openings.keep(ids);
  }
  sync(atFirst);
  return {
    egress: {
      ...filter,
      async admit(row) {
        await resolver.admit(know(row));
        await filter.admit(row);
      },
      started: (pid) =>
        announce(pid).catch((error: unknown) =>
          log.debug({ pid, ...errorFields(error) }, "could not announce a container's address; it may have ended"),
        ),
    },
    async assert() {
      if (!holds()) return false;
      const now = await read();
      sync(now);
      const wasMissing = await filter.assert(now.rows, now.since);
      if (wasMissing) await openings.again();
      return wasMissing;
    },
    async close() {
      await recorder.close();
      await resolver.close();
    },
  };
}

function askerOf(hostId: string, { id, config }: Admitted): Asker {
  const { policy, allow } = config.egress ?? ANYWHERE;
  const names = allow.map(parseAllowed).flatMap((entry) => (entry.kind === "name" ? [entry] : []));
  return {
    mac: macAddress(hostId, id),
    id,
    policy,
    names: names.map(({ name, wildcard, port }) => ({ name, wildcard, port })),
  };
}
