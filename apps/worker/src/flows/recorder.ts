import { setTimeout as delay } from "node:timers/promises";
import { addEgress, addFlows, type Db, type FlowIncrease } from "@hafen/db";
import { errorFields, type Log } from "@hafen/process";
import type { Nft } from "../egress/nft.ts";
import { replacing } from "../egress/ruleset.ts";
import type { NameMemory } from "../names/memory.ts";
import { readSets, type Sets } from "./read-sets.ts";
import { movedBetween, sentOutside, type Moved } from "./tally.ts";

const EVERY_MS = 3_000;
/** Of one container in one reading. */
const FLOWS_AT_ONCE = 500;
const NOTHING: Sets = new Map();

export interface RecorderOptions {
  db: Db;
  nft: Nft;
  table: string;
  /** Its definition. */
  text: string;
  memory: NameMemory;
  /** Whose hardware address it is. */
  idOf: (mac: string) => string | undefined;
  /** No container has been there lately: there is nothing to read. */
  isIdle: () => boolean;
  /** Whether this worker may act for its host. */
  holds: () => boolean;
  log: Log;
}

/**
 * Reads the packet filter's counters every few seconds and adds them up in the rows. What passed between the latest reading and the end
 * of a worker that was killed is in no row.
 */
export class FlowRecorder {
  readonly #options: RecorderOptions;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #before = NOTHING;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** After a last reading. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
    const { nft, table, log } = this.#options;
    await this.#read().catch((error: unknown) => log.warn(errorFields(error), "could not record the last flows"));
    await nft.load(`delete table inet ${table}`).catch(() => {}); // somebody has
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    await this.#tryTo("could not count flows", () => this.#load());
    while (!signal.aborted) {
      await delay(EVERY_MS, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.#tryTo("could not record flows; tried again", () => this.#read());
    }
  }

  async #tryTo(what: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#options.log.warn(errorFields(error), what));
  }

  async #load(): Promise<void> {
    const { nft, table, text } = this.#options;
    await nft.load(replacing(table, text));
    this.#before = NOTHING;
  }

  async #read(): Promise<void> {
    const { db, nft, table, memory, idOf, isIdle, holds } = this.#options;
    if (!holds() || isIdle()) return;
    const json = await nft.list("-j", "list", "table", "inet", table);
    if (json === undefined) return this.#load();
    const now = readSets(json);
    const refused = memory.takeRefused();
    const increases = [...this.#increases(now), ...refused.map(refusal)];
    const sent = sentOutside(this.#before, now).flatMap(({ mac, bytes }) => {
      const containerId = idOf(mac);
      return containerId === undefined ? [] : [{ containerId, bytes }];
    });
    if (increases.length > 0 || sent.length > 0) {
      await db.transaction(async (tx) => {
        await addFlows(tx, increases);
        await addEgress(tx, sent);
      });
    }
    this.#before = now;
  }

  #increases(now: Sets): FlowIncrease[] {
    const { memory, idOf } = this.#options;
    const byMac = Map.groupBy(movedBetween(this.#before, now), ({ mac }) => mac);
    return [...byMac].flatMap(([mac, moved]) => {
      const id = idOf(mac);
      if (id === undefined) return [];
      return moved
        .slice(0, FLOWS_AT_ONCE)
        .flatMap((flow) => increasesOf(id, memory.nameOf(id, flow.address) ?? "", flow));
    });
  }
}

function increasesOf(containerId: string, name: string, { sent, received, denied, ...flow }: Moved): FlowIncrease[] {
  const { protocol, address, port } = flow;
  const of = { containerId, name, protocol, address, port };
  const increases: FlowIncrease[] = [];
  if (sent.packets + received.packets > 0)
    increases.push({
      ...of,
      verdict: "allowed",
      sentPackets: sent.packets,
      sentBytes: sent.bytes,
      receivedPackets: received.packets,
      receivedBytes: received.bytes,
    });
  if (denied.packets > 0)
    increases.push({
      ...of,
      verdict: "denied",
      sentPackets: denied.packets,
      sentBytes: denied.bytes,
      receivedPackets: 0,
      receivedBytes: 0,
    });
  return increases;
}

function refusal({ id, name, queries }: { id: string; name: string; queries: number }): FlowIncrease {
  const none = { address: "", port: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0 };
  return { containerId: id, verdict: "denied", protocol: "dns", name, sentPackets: queries, ...none };
}
