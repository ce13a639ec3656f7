const BURST = 200;
const PER_SECOND = 20;
const OUTSTANDING = 64;

/** What one container may ask: so much at once, so fast over time. What a tunnel through DNS can carry is bounded by it. */
export class Budget {
  #tokens = BURST;
  #at: number;
  #outstanding = 0;

  constructor(now: number) {
    this.#at = now;
  }

  /** False: over the budget. One that is taken is to be given back with `end`. */
  begin(now: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) / 1000) * PER_SECOND);
    this.#at = now;
    if (this.#tokens < 1 || this.#outstanding >= OUTSTANDING) return false;
    this.#tokens -= 1;
    this.#outstanding += 1;
    return true;
  }

  end(): void {
    this.#outstanding -= 1;
  }
}
