const NAMES_PER_CONTAINER = 1_000;
const REFUSED_PER_CONTAINER = 100;

/** Which name gave an address to a container, and which names it was refused, until the flow record takes them. */
export class NameMemory {
  readonly #names = new Map<string, Map<string, string>>();
  readonly #refused = new Map<string, Map<string, number>>();

  learned(id: string, name: string, addresses: string[]): void {
    const names = entry(this.#names, id);
    for (const address of addresses) {
      names.delete(address); // the newest is last
      names.set(address, name);
      const [oldest] = names.keys();
      if (names.size > NAMES_PER_CONTAINER && oldest !== undefined) names.delete(oldest);
    }
  }

  refused(id: string, name: string): void {
    const counts = entry(this.#refused, id);
    if (counts.has(name) || counts.size < REFUSED_PER_CONTAINER) counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  nameOf(id: string, address: string): string | undefined {
    return this.#names.get(id)?.get(address);
  }

  /** How often each container was refused each name since this was last asked. */
  takeRefused(): { id: string; name: string; queries: number }[] {
    const all = [...this.#refused].flatMap(([id, counts]) =>
      [...counts].map(([name, queries]) => ({ id, name, queries })),
    );
    this.#refused.clear();
    return all;
  }

  /** Drops what it knows of all but these containers. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#names.keys()) if (!ids.has(id)) this.#names.delete(id);
  }
}

function entry<V>(all: Map<string, Map<string, V>>, id: string): Map<string, V> {
  const found = all.get(id) ?? new Map<string, V>();
  all.set(id, found);
  return found;
}
