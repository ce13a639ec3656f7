import { quoted } from "../archive/quoted.ts";
import { invalid } from "./invalid.ts";
import type { Instruction } from "./read-dockerfile.ts";
import { fields } from "./space.ts";

/** `FROM <base> [AS <name>]`, the base not expanded yet, the name in small letters, as Docker compares it. */
export function parseFrom({ text, line }: Pick<Instruction, "text" | "line">): { base: string; name?: string } {
  const [base, as, name, ...more] = fields(text);
  if (
    base === undefined ||
    more.length > 0 ||
    (as !== undefined && (as.toUpperCase() !== "AS" || name === undefined))
  ) {
    throw invalid(line, "FROM is FROM <image> or FROM <image> AS <name>");
  }
  if (name === undefined) return { base };
  const stage = name.toLowerCase();
  if (!/^[a-z][a-z0-9_.-]{0,127}$/.test(stage))
    throw invalid(
      line,
      `${quoted(name)} is no stage name: a letter, then letters, digits, dots, dashes and underscores`,
    );
  return { base, name: stage };
}
