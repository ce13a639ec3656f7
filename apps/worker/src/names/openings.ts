import type { Opening } from "./protocol.ts";

/** Of one container at a time: what a name of its list leads to is up to whoever has the name. */
const PER_CONTAINER = 1_000;
/** Asked for again within this time it is open long enough still. */
const SPARE_SECONDS = 60;

export interface TimedOpening {
  id: string;
  address: string;
  port: number | undefined;
  seconds: number;
}

/** Which addresses the names of allow-lists have opened, so that the packet filter is not asked for each answer anew. */
export class Openings {
  readonly #allow: (batch: readonly TimedOpening[]) => Promise<void>;
  /** By container, then by address and port: until when, on `performance.now()`'s clock. */
  readonly #open = new Map<string, Map<string, { until: number; opening: Opening }>>();
  #waiting: TimedOpening[] = [];
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(allow: (batch: readonly TimedOpening[]) => Promise<void>) {
    this.#allow = allow;
  }

  /** In force when it resolves. @throws Error when the container has too many open. */
  async open(id: string, openings: readonly Opening[]): Promise<void> {
    const open = this.#of(id);
    const wanted = openings.filter((opening) => {
      const left = ((open.get(keyOf(opening))?.until ?? 0) - performance.now()) / 1000;
      return left < opening.ttlSeconds;
    });
    if (wanted.length === 0) return;
    if (open.size + wanted.length > PER_CONTAINER) throw new Error(`names have opened ${open.size} addresses already`);
    await this.#send(
      wanted.map(({ address, port, ttlSeconds }) => ({ id, address, port, seconds: ttlSeconds + SPARE_SECONDS })),
    );
    for (const opening of wanted) {
      const until = performance.now() + (opening.ttlSeconds + SPARE_SECONDS) * 1000;
      open.set(keyOf(opening), { until, opening });
    }
  }

  /** The packet filter's rules were taken away and are back: what was open opens again. */
  async again(): Promise<void> {
    const batch = [...this.#open].flatMap(([id, open]) =>
      [...open.values()].flatMap(({ until, opening: { address, port } }) => {
        const seconds = Math.floor((until - performance.now()) / 1000);
        return seconds > 0 ? [{ id, address, port, seconds }] : [];
      }),
    );
    if (batch.length > 0) await this.#send(batch);
  }

  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#open.keys()) if (!ids.has(id)) this.#open.delete(id);
  }

  #of(id: string): Map<string, { until: number; opening: Opening }> {
    const open = this.#open.get(id) ?? new Map<string, { until: number; opening: Opening }>();
    this.#open.set(id, open);
    for (const [key, { until }] of open) if (until <= performance.now()) open.delete(key);
    return open;
  }

  /** One call at a time; what comes meanwhile goes together in the next. */
  #send(batch: TimedOpening[]): Promise<void> {
    this.#waiting.push(...batch);
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#running = this.#allow(this.#waiting.splice(0));
        return this.#running;
      });
    return this.#next;
  }
}

function keyOf({ address, port }: Opening): string {
  return `${address} ${port ?? ""}`;
}
