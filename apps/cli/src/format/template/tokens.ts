import { UsageError } from "../../failures.ts";

export type Token =
  /** A field chain such as `.A.B` or `$x.A`: its first part is "" for the dot, "$" for the root, or the variable. */
  | { kind: "path"; base: string; fields: string[] }
  /** What follows a closing parenthesis without a space, as in `(index .X 0).Name`. */
  | { kind: "fields"; fields: string[] }
  | { kind: "word"; text: string }
  | { kind: "literal"; value: string | number }
  | { kind: "mark"; text: "(" | ")" | "|" | ":=" | "=" | "," };
/** What stands outside of braces, and what stands within a pair of them. */
export type Piece = { text: string } | { action: string };

const ACTION = /\{\{(-\s)?((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|(?!\}\})[\s\S])*?)(\s-)?\}\}/g;

/** Text and actions in turn; a dash within the braces takes the space beside them. */
export function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trims = false;
  const text = (end: number, trimsEnd: boolean) => {
    let part = template.slice(at, end);
    if (part.includes("{{")) throw new UsageError("template: {{ without }}");
    if (trims) part = part.trimStart();
    if (trimsEnd) part = part.trimEnd();
    // As docker's list formats: a shell's user cannot easily type them.
    if (part !== "") pieces.push({ text: part.replaceAll("\\n", "\n").replaceAll("\\t", "\t") });
  };
  for (const match of template.matchAll(ACTION)) {
    text(match.index, match[1] !== undefined);
    const action = (match[2] ?? "").trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ action });
    trims = match[3] !== undefined;
    at = match.index + match[0].length;
  }
  text(template.length, false);
  return pieces;
}

const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /-?\d+(\.\d+)?/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;
const MARK = /:=|[()|=,]/y;
const SPACE = /\s+/y;

/** The words of one action. */
export function tokensOf(action: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(action)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const fields = (): string[] => {
    const found: string[] = [];
    while (action[at] === "." && /[A-Za-z_]/.test(action[at + 1] ?? "")) {
      at += 1;
      found.push(take(NAME) ?? "");
    }
    return found;
  };
  const dollar = (): Token => {
    at += 1;
    return { kind: "path", base: `$${take(NAME) ?? ""}`, fields: fields() };
  };
  const dot = (): Token => {
    const closed = at > 0 && action[at - 1] === ")";
    const found = fields();
    if (found.length === 0) at += 1;
    return closed ? { kind: "fields", fields: found } : { kind: "path", base: "", fields: found };
  };
  const other = (): Token => {
    const string = take(STRING);
    if (string !== undefined) return { kind: "literal", value: stringOf(string) };
    const number = take(NUMBER);
    if (number !== undefined) return { kind: "literal", value: Number(number) };
    const mark = take(MARK);
    if (mark !== undefined) return { kind: "mark", text: mark as (Token & { kind: "mark" })["text"] };
    const word = take(NAME);
    if (word !== undefined) return { kind: "word", text: word };
    throw new UsageError(`template: ${action.slice(at)} is not understood`);
  };
  while (at < action.length) {
    if (take(SPACE) !== undefined) continue;
    if (action[at] === "$") tokens.push(dollar());
    else tokens.push(action[at] === "." ? dot() : other());
  }
  return tokens;
}

function stringOf(written: string): string {
  if (written.startsWith("`")) return written.slice(1, -1);
  try {
    return JSON.parse(written) as string;
  } catch {
    throw new UsageError(`template: ${written} is not a string`);
  }
}
