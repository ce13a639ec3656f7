import { quoted } from "../archive/quoted.ts";
import { invalid } from "./invalid.ts";
import type { Escape } from "./logical-lines.ts";

export interface Expansion {
  escape: Escape;
  lookup: (name: string) => string | undefined;
  line: number;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#]/y;
const MAX_VALUE_CHARACTERS = 4096;
const MAX_DEPTH = 10;

/** A word as Docker's shell lexer makes it: quotes and escapes removed, `$X`, `${X}`, `${X:-d}`, `${X:+a}`, `${X:?m}` replaced. */
export function expand(word: string, expansion: Expansion): string {
  const { value } = until(word, 0, "", expansion, 0);
  return value;
}

/** Expands from `at` to the unquoted `end` character, or to the end of the word. */
function until(
  word: string,
  at: number,
  end: "" | "}",
  expansion: Expansion,
  depth: number,
): { value: string; at: number } {
  const { escape, line } = expansion;
  if (depth > MAX_DEPTH) throw invalid(line, `nests more than ${MAX_DEPTH} substitutions`);
  let value = "";
  let quote = "";
  while (at < word.length) {
    const character = word.charAt(at);
    if (quote === "" && end !== "" && character === end) return { value, at: at + 1 };
    if (quote === "'" ? character === "'" : character === quote) {
      quote = "";
      at++;
    } else if (quote === "'") {
      value += character;
      at++;
    } else if (quote === "" && (character === "'" || character === '"')) {
      quote = character;
      at++;
    } else if (character === escape) {
      const next = word.charAt(at + 1);
      // Inside double quotes only these three need an escape; before others it stands for itself.
      value += quote === '"' && next !== '"' && next !== "$" && next !== escape ? escape + next : next;
      at += 2;
    } else if (character === "$") {
      const found = variable(word, at + 1, expansion, depth);
      value += found.value;
      at = found.at;
    } else {
      value += character;
      at++;
    }
    if (value.length > MAX_VALUE_CHARACTERS)
      throw invalid(line, `a value grows beyond ${MAX_VALUE_CHARACTERS} characters`);
  }
  if (quote !== "") throw invalid(line, `the quote in ${quoted(word)} is not closed`);
  if (end !== "") throw invalid(line, `\${ in ${quoted(word)} is not closed`);
  return { value, at };
}

function variable(word: string, at: number, expansion: Expansion, depth: number): { value: string; at: number } {
  const { lookup, line } = expansion;
  const braced = word.charAt(at) === "{";
  NAME.lastIndex = braced ? at + 1 : at;
  const name = NAME.exec(word)?.[0];
  if (name === undefined) {
    if (braced) throw invalid(line, `\${ in ${quoted(word)} has no variable name`);
    return { value: "$", at };
  }
  const next = (braced ? at + 1 : at) + name.length;
  const found = lookup(name) ?? "";
  if (!braced) return { value: found, at: next };
  if (word.charAt(next) === "}") return { value: found, at: next + 1 };
  const operator = word.slice(next, next + 2);
  if (operator !== ":-" && operator !== ":+" && operator !== ":?")
    throw invalid(line, `${quoted(word)}: only \${X}, \${X:-default}, \${X:+other} and \${X:?message} are known`);
  const other = until(word, next + 2, "}", expansion, depth + 1);
  if (operator === ":?" && found === "") throw invalid(line, `${name} is not set: ${quoted(other.value)}`);
  const value =
    operator === ":+" ? (found === "" ? "" : other.value) : found === "" && operator === ":-" ? other.value : found;
  return { value, at: other.at };
}
