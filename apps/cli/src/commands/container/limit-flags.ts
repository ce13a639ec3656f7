import type { Limits } from "@hafen/sdk";
import { one, type Values } from "../../flags.ts";
import { decimal, memoryBytes, whole } from "../../format/quantities.ts";

/** What run, create and update share. */
export const LIMIT_FLAGS = {
  memory: one("SIZE", ["m", "At most so much memory, such as 512m"], memoryBytes),
  cpus: one("COUNT", ["At most so many processors, such as 0.5"], decimal),
  pidsLimit: one("COUNT", ["At most so many processes"], whole),
};

export function limitsOf({ memory, cpus, pidsLimit }: Values<typeof LIMIT_FLAGS>): Partial<Limits> {
  return {
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pidsLimit === undefined ? {} : { pids: pidsLimit }),
  };
}
