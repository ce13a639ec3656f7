import type { Engine } from "@hafen/engine";
import { EngineError } from "@hafen/engine/error";

/**
 * The engine as long as `holds` says so. A process that was stopped past its lease and goes on in the middle of its work is held
 * here, before its next call: another worker may act for the host by then.
 */
export function fenced(engine: Engine, holds: () => boolean): Engine {
  return new Proxy(engine, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function" || name === "close") return member;
      return (...args: unknown[]) => {
        if (!holds()) throw new EngineError("unavailable", `${String(name)}: this worker's lease is over`);
        return member.apply(target, args) as unknown;
      };
    },
  });
}
