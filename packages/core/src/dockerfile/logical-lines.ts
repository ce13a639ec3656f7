import { InputError } from "../archive/error.ts";
import { invalid } from "./invalid.ts";
import { trim, trimStart } from "./space.ts";

export type Escape = "\\" | "`";

/** One instruction as Docker reads it: continuation lines joined, comments and blank lines among them gone. */
export interface LogicalLine {
  text: string;
  /** Of its first physical line, from 1. */
  line: number;
}

export const MAX_TEXT_BYTES = 1024 * 1024;
/** The engine reads lines of up to 64 KiB, and gets each instruction as one line. */
export const MAX_LINE_BYTES = 65_000;
/** Ends a line, or a word, for some readers and not for others. */
const AMBIGUOUS = /[\0\v\f\r\u0085\u2028\u2029]/;

/** The classic builder of engine 20.10 in how it joins lines; what later engines join differently is an error. */
export function logicalLines(source: string): { escape: Escape; lines: LogicalLine[] } {
  if (source.length > MAX_TEXT_BYTES || Buffer.byteLength(source) > MAX_TEXT_BYTES) {
    throw new InputError(
      "dockerfile_invalid",
      `The Dockerfile has more than ${MAX_TEXT_BYTES} bytes. Move data into files of the context.`,
    );
  }
  const physical = source
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const { escape, count } = directives(physical);
  const lines: LogicalLine[] = [];
  for (let i = count; i < physical.length; i++) {
    const first = trimStart(physical[i] ?? "");
    if (first === "" || first.startsWith("#")) continue;
    const line = i + 1;
    let { text, more } = cut(first, escape, line);
    const parts = [text];
    while (more && ++i < physical.length) {
      const next = physical[i] ?? "";
      const bare = trimStart(next);
      if (bare === "" || bare.startsWith("#")) continue;
      ({ text, more } = cut(next, escape, i + 1));
      parts.push(text);
    }
    const joined = trim(parts.join(""));
    if (joined === "") continue;
    if (joined.endsWith(escape))
      throw invalid(line, `ends in ${escape}, which would join it to the next line. Remove it`);
    if (Buffer.byteLength(joined) > MAX_LINE_BYTES)
      throw invalid(line, `has more than ${MAX_LINE_BYTES} bytes. Move it into a script in the context`);
    lines.push({ text: joined, line });
  }
  return { escape, lines };
}

function cut(physical: string, escape: Escape, line: number): { text: string; more: boolean } {
  if (AMBIGUOUS.test(physical))
    throw invalid(line, "has a control character (NUL, lone carriage return or the like). Remove it");
  let end = physical.length;
  while (physical.charAt(end - 1) === " " || physical.charAt(end - 1) === "\t") end--;
  if (physical.charAt(end - 1) !== escape) return { text: physical, more: false };
  if (physical.charAt(end - 2) === escape)
    throw invalid(line, `ends in ${escape}${escape}, which engines read differently. Put something after it`);
  return { text: physical.slice(0, end - 1), more: true };
}

/** `# escape=` counts; `# syntax=` and `# check=` are for BuildKit and dropped. Anything else ends the directives. */
function directives(physical: readonly string[]): { escape: Escape; count: number } {
  const seen = new Set<string>();
  let escape: Escape = "\\";
  let count = 0;
  for (const source of physical) {
    const match = /^#[\t ]*([a-zA-Z][a-zA-Z0-9]*)[\t ]*=(.*)$/.exec(trimStart(source));
    const key = match?.[1]?.toLowerCase() ?? "";
    if (key !== "escape" && key !== "syntax" && key !== "check") break;
    count++;
    if (seen.has(key)) throw invalid(count, `the directive ${key} is there twice. Remove one`);
    seen.add(key);
    const value = trim(match?.[2] ?? "");
    if (key !== "escape") continue;
    if (value !== "\\" && value !== "`") throw invalid(count, "the escape character must be \\ or `");
    escape = value;
  }
  return { escape, count };
}
