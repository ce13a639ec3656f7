import { Budget } from "./budget.ts";
import { hardwareAddress } from "./neighbours.ts";
import type { Asker, ToResolver } from "./protocol.ts";

/** Who may ask what: as the worker told, in the memory of the resolver. */
export class Askers {
  readonly #byMac = new Map<string, { asker: Asker; budget: Budget }>();

  apply(message: Exclude<ToResolver, { type: "opened" }>): void {
    if (message.type === "gone") this.#byMac.delete(message.mac);
    if (message.type === "asker") this.#set(message.asker);
    if (message.type === "askers") {
      const kept = new Set(message.askers.map(({ mac }) => mac));
      for (const mac of this.#byMac.keys()) if (!kept.has(mac)) this.#byMac.delete(mac);
      for (const asker of message.askers) this.#set(asker);
    }
  }

  /** By the source of a packet, which the firewall holds to its container. */
  async at(address: string): Promise<{ asker: Asker; budget: Budget } | undefined> {
    const mac = await hardwareAddress(address);
    return mac === undefined ? undefined : this.#byMac.get(mac);
  }

  /** One that is told again keeps its budget. */
  #set(asker: Asker): void {
    this.#byMac.set(asker.mac, { asker, budget: this.#byMac.get(asker.mac)?.budget ?? new Budget(performance.now()) });
  }
}
