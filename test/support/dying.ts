import type { HostCtx } from "@hafen/core";
import type { Engine } from "@hafen/engine";

/** The process dies: no code of ours sees an error of this kind, it only comes back as another process. */
export class Crash extends Error {}

/** The engine and the database of a process that dies before or after the `at`th call that could change something. */
export function dying(host: HostCtx, at: number, when: "before" | "after"): { host: HostCtx; died: () => boolean } {
  let calls = 0;
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Crash();
    const here = calls++ === at;
    if (here && when === "before") dead = true;
    if (dead) throw new Crash();
    const result = await work();
    if (here) {
      dead = true;
      throw new Crash();
    }
    return result;
  };
  const calling = <T extends object>(target: T, names: (name: string) => boolean): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        const method = value.bind(object) as (...args: unknown[]) => unknown;
        return names(String(name)) ? (...args: unknown[]) => step(async () => method(...args)) : method;
      },
    });
  const wrapped: HostCtx = {
    ...host,
    engine: calling<Engine>(host.engine, () => true),
    db: calling(host.db, (name) => name === "transaction"),
  };
  return { host: wrapped, died: () => dead };
}
