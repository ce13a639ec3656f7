/** What comes faster than it is read, up to a limit. One reader. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  readonly #sizeOf: (item: T) => number;
  readonly #items: T[] = [];
  #size = 0;
  #over: { error?: Error } | undefined;
  #wake: () => void = () => {};

  constructor(limit: number, sizeOf: (item: T) => number) {
    this.#limit = limit;
    this.#sizeOf = sizeOf;
  }

  /** False when it is full; the item is then dropped. */
  push(item: T): boolean {
    if (this.#over) return true;
    if (this.#size + this.#sizeOf(item) > this.#limit) return false;
    this.#items.push(item);
    this.#size += this.#sizeOf(item);
    this.#wake();
    return true;
  }

  end(): void {
    this.#over ??= {};
    this.#wake();
  }

  /** What came before is still read. */
  fail(error: Error): void {
    this.#over ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    while (true) {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
        this.#size -= this.#sizeOf(item);
        yield item;
      }
      if (this.#over?.error) throw this.#over.error;
      if (this.#over) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
