import type { LogChunk, LogPosition } from "./engine.ts";
import { toNanoseconds } from "./log-time.ts";

/**
 * Standard output and standard error are stamped and written down each on its own, so that a log's stamps are not quite in its order and a time
 * alone does not say which lines were read. They are never out of order by so much.
 */
const WINDOW_NS = 1_000_000_000n;

/** From where the log is read again to go on after a position: all that may lie after it, and some of what was read. */
export function windowStart({ at, first }: LogPosition): bigint {
  return beginOf(toNanoseconds(at), first === undefined ? undefined : toNanoseconds(first));
}

/** The window ends with the latest stamp, and as long as there is a first line to go on from it holds that one too. */
function beginOf(latest: bigint, first: bigint | undefined): bigint {
  const begin = latest - WINDOW_NS;
  return first !== undefined && first <= begin ? first - 1n : begin;
}

export type Unpositioned = Omit<LogChunk, "position">;

/** Chunks of a log in its order, each with its position; after one, without those that were read up to there. */
export async function* positioned(
  source: AsyncIterable<Unpositioned>,
  after: LogPosition | undefined,
): AsyncGenerator<LogChunk, void, undefined> {
  const tracker = new Tracker(after);
  const latest = after && toNanoseconds(after.at);
  let left = after?.seen ?? 0;
  let isReached = after?.first === undefined;
  for await (const chunk of source) {
    const stamp = toNanoseconds(chunk.at);
    if (latest !== undefined) {
      // Where the first one is gone by now, what is surely later stands for it.
      isReached ||= chunk.at === after?.first || stamp > latest + WINDOW_NS;
      if (!isReached) continue;
      if (stamp <= latest && left > 0) {
        left -= 1;
        tracker.take(stamp, chunk.at);
        continue;
      }
    }
    yield { ...chunk, position: tracker.take(stamp, chunk.at) };
  }
}

/** Keeps the stamps of the window that ends with the latest. */
class Tracker {
  readonly #stamps: bigint[] = [];
  #latest = { stamp: -1n, at: "" };
  #first: { stamp: bigint; at: string } | undefined;
  #isFresh: boolean;

  constructor(after: LogPosition | undefined) {
    this.#isFresh = after === undefined;
    if (after?.first !== undefined) this.#first = { stamp: toNanoseconds(after.first), at: after.first };
  }

  take(stamp: bigint, at: string): LogPosition {
    if (this.#isFresh) this.#first = { stamp, at };
    this.#isFresh = false;
    if (stamp > this.#latest.stamp) this.#latest = { stamp, at };
    let place = this.#stamps.length;
    while (place > 0 && (this.#stamps[place - 1] ?? 0n) > stamp) place -= 1;
    this.#stamps.splice(place, 0, stamp);
    // What was left out before the first line may be stamped later than it, but not by so much.
    if (this.#first && this.#first.stamp + WINDOW_NS <= this.#latest.stamp - WINDOW_NS) this.#first = undefined;
    const begin = beginOf(this.#latest.stamp, this.#first?.stamp);
    let past = 0;
    while ((this.#stamps[past] ?? stamp) <= begin && past < this.#stamps.length) past += 1;
    this.#stamps.splice(0, past);
    return {
      at: this.#latest.at,
      seen: this.#stamps.length,
      ...(this.#first && { first: this.#first.at }),
    };
  }
}
