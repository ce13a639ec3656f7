import { ANYWHERE, macAddress, macPrefix, type EgressFilter } from "@hafen/core";
import type { ContainerRow } from "@hafen/db";
import type { TimedOpening } from "../names/openings.ts";
import { elementsOf, type Elements } from "./elements.ts";
import { openNft, type Nft } from "./nft.ts";
import { BASE, baseTable, hostTable, ownTable, replacing, type OutLimits } from "./ruleset.ts";

const SETS = ["internet", "ranges", "range_ports"] as const;

export type Admitted = Pick<ContainerRow, "id" | "config">;

export interface FilterOptions {
  hostId: string;
  /** Of an engine of Hafen's own: its network namespace, and the name of its link on the host. Undefined: the engine is in our own. */
  namespace: string | undefined;
  /** Where this host's containers reach its resolver. */
  resolver: string;
  /** IPv4 addresses of the name servers that it, the engine and builds ask. */
  resolvers: readonly string[];
  /** `address . port` of registries that lie in closed ranges and may be asked all the same. */
  registries: readonly string[];
  limits: OutLimits;
}

export interface Filter extends Omit<EgressFilter, "started"> {
  /**
   * Puts back what somebody took away, and takes away what is nobody's by these rows, which were read after `since` (of
   * `performance.now()`). True when everything was set anew since it was asked last: what `allowAddresses` let through is gone.
   */
  assert(rows: readonly Admitted[], since: number): Promise<boolean>;
  /** Lets containers reach more addresses for a while: what names of their lists were found to mean. */
  allowAddresses(openings: readonly TimedOpening[]): Promise<void>;
}

interface Entry {
  mac: string;
  elements: Elements;
  /** When it came: rows that were read before do not take it away. */
  at: number;
}

/** @throws EngineError `unavailable` where rules cannot be set at all. */
export async function openFilter(options: FilterOptions, rows: readonly Admitted[]): Promise<Filter> {
  const { hostId, namespace, resolver, resolvers, registries, limits } = options;
  const nft = openNft(namespace);
  const host = namespace === undefined ? undefined : openNft(undefined);
  const own = `hafen_${hostId.slice(-10)}`;
  const link = namespace === undefined ? "" : `hafen_${namespace.replaceAll(/\W/g, "_")}`;
  const wanted = new Map<string, Entry>();
  let applied = new Map<string, Entry>();
  let isAnew = false;

  const watched: { nft: Nft; table: string; text: string; seen?: string | undefined }[] = [
    { nft, table: own, text: ownTable(own, macPrefix(hostId), { resolver, upstreams: resolvers }, limits) },
    ...(namespace === undefined ? [] : [{ nft, table: BASE, text: baseTable() }]),
    ...(host === undefined || namespace === undefined
      ? []
      : [{ nft: host, table: link, text: hostTable(link, namespace) }]),
  ];

  let running: Promise<void> = Promise.resolve();
  /** Never two at a time: each goes by what the one before has left. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = running.then(work);
    running = done.catch(() => {}); // whoever asked for it is told
    return done;
  }
  let next: Promise<void> | undefined;
  /** Those who ask while another change is made share the next one. */
  function apply(): Promise<void> {
    next ??= inTurn(() => {
      next = undefined;
      return change();
    });
    return next;
  }
  async function change(): Promise<void> {
    const now = new Map(wanted);
    const gone = [...applied].filter(([id, entry]) => !isSame(now.get(id), entry)).map(([, entry]) => entry);
    const come = [...now].filter(([id, entry]) => !isSame(applied.get(id), entry)).map(([, entry]) => entry);
    const script = [...lines("delete", own, gone), ...lines("add", own, come)].join("\n");
    if (script === "") return;
    try {
      await nft.load(script);
      applied = now;
    } catch {
      // What somebody has taken out of a set cannot be taken out again.
      await loadAll();
    }
  }
  async function loadAll(): Promise<void> {
    const now = new Map(wanted);
    for (const each of watched) {
      const elements =
        each.table === own
          ? lines("add", own, [...now.values()])
          : [
              ...resolvers.map((server) => `add element inet ${each.table} resolvers { ${server} }`),
              ...registries.map((registry) => `add element inet ${each.table} registries { ${registry} }`),
            ];
      await each.nft.load(`${replacing(each.table, each.text)}\n${elements.join("\n")}\n`);
      each.seen = await chains(each.nft, each.table);
    }
    applied = now;
    isAnew = true;
  }
  function want({ id, config }: Admitted, at: number): void {
    wanted.set(id, {
      mac: macAddress(hostId, id),
      elements: elementsOf(macAddress(hostId, id), config.egress ?? ANYWHERE),
      at,
    });
  }

  for (const row of rows) want(row, 0);
  await inTurn(loadAll);
  isAnew = false;
  return {
    async admit(row) {
      want(row, performance.now());
      await apply();
    },
    async assert(found, since) {
      for (const row of found) want(row, wanted.get(row.id)?.at ?? 0);
      const known = new Set(found.map(({ id }) => id));
      for (const [id, { at }] of wanted) if (!known.has(id) && at < since) wanted.delete(id);
      const now = await Promise.all(watched.map((each) => chains(each.nft, each.table)));
      await (watched.some(({ seen }, at) => seen !== now[at]) ? inTurn(loadAll) : apply());
      const wasAnew = isAnew;
      isAnew = false;
      return wasAnew;
    },
    async allowAddresses(openings) {
      const script = openings.flatMap(({ id, address, port, seconds }) => {
        const mac = macAddress(hostId, id);
        const [set, element] =
          port === undefined ? ["named", `${mac} . ${address}`] : ["named_ports", `${mac} . ${address} . ${port}`];
        // An element that is there keeps its time, so it is made anew.
        const timed = `add element inet ${own} ${set} { ${element} timeout ${seconds}s }`;
        return [timed, `delete element inet ${own} ${set} { ${element} }`, timed];
      });
      await nft.load(script.join("\n"));
    },
    async rules({ id }) {
      const mac = macAddress(hostId, id);
      const isOut = (await nft.list("get", "element", "inet", own, "internet", `{ ${mac} }`)) !== undefined;
      const chain = (await nft.list("list", "chain", "inet", own, "egress")) ?? "";
      const others = (
        await Promise.all(["ranges", "range_ports", "named", "named_ports"].map((set) => inSet(nft, own, set, mac)))
      ).flat();
      return [
        ...chain
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line !== "" && !/^(table|chain|\}|type)/.test(line)),
        ...(isOut ? [`${mac} is in @internet`] : []),
        ...others,
      ];
    },
  };
}

function isSame(one: Entry | undefined, other: Entry): boolean {
  return one !== undefined && SETS.every((set) => one.elements[set].join() === other.elements[set].join());
}

function lines(action: "add" | "delete", table: string, entries: readonly Entry[]): string[] {
  return SETS.flatMap((set) => {
    const elements = entries.flatMap((entry) => entry.elements[set]);
    return elements.length === 0 ? [] : [`${action} element inet ${table} ${set} { ${elements.join(", ")} }`];
  });
}

/** The chains of a table as the kernel has them, without what changes by itself. */
async function chains(nft: Nft, table: string): Promise<string | undefined> {
  const text = await nft.list("-s", "list", "chains", "inet");
  return new RegExp(`table inet ${table} \\{[\\s\\S]*?\\n\\}`).exec(text ?? "")?.[0];
}

async function inSet(nft: Nft, table: string, set: string, mac: string): Promise<string[]> {
  const text = (await nft.list("list", "set", "inet", table, set)) ?? "";
  return text
    .split(/[{},\n]/)
    .map((part) => part.trim())
    .filter((part) => part.startsWith(mac))
    .map((part) => `${part} is in @${set}`);
}
