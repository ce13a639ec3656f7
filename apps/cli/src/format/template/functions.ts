import { inertJson } from "../inert.ts";
import { UsageError } from "../../failures.ts";
import { printf } from "./printf.ts";
import { goText, isMap, isTrue } from "./values.ts";

type Function = (...args: unknown[]) => unknown;

/** Go's own functions that are used on the command line, and docker's. */
export const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ["json", (value) => inertJson(value ?? null)],
  ["index", (value, ...keys) => keys.reduce(member, value)],
  ["len", lengthOf],
  ["join", (list, separator) => listOf("join", list).map(goText).join(textOf("join", separator))],
  ["split", (text, separator) => textOf("split", text).split(textOf("split", separator))],
  ["upper", (text) => textOf("upper", text).toUpperCase()],
  ["lower", (text) => textOf("lower", text).toLowerCase()],
  ["title", (text) => textOf("title", text).replaceAll(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase())],
  ["pad", pad],
  ["truncate", (text, length) => Array.from(textOf("truncate", text)).slice(0, countOf("truncate", length)).join("")],
  ["print", print],
  ["println", (...values) => `${values.map(goText).join(" ")}\n`],
  ["printf", (format, ...values) => printf(textOf("printf", format), values)],
  ["eq", (first, ...others) => some("eq", others).some((other) => compare("eq", first, other) === 0)],
  ["ne", (a, b) => compare("ne", a, b) !== 0],
  ["lt", (a, b) => compare("lt", a, b) < 0],
  ["le", (a, b) => compare("le", a, b) <= 0],
  ["gt", (a, b) => compare("gt", a, b) > 0],
  ["ge", (a, b) => compare("ge", a, b) >= 0],
  ["not", (value) => !isTrue(value)],
  ["and", (...values) => (values.every(isTrue) ? values.at(-1) : values.find((value) => !isTrue(value)))],
  ["or", (...values) => (values.some(isTrue) ? values.find(isTrue) : values.at(-1))],
]);

function wrong(name: string, wants: string): UsageError {
  return new UsageError(`template: ${name} takes ${wants}`);
}

function member(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    if (typeof key !== "number" || !(key in value)) throw new UsageError(`template: there is no index ${goText(key)}`);
    return value[key];
  }
  if (!isMap(value)) throw wrong("index", "a list and a number, or a map and a key");
  const name = goText(key);
  return Object.hasOwn(value, name) ? value[name] : "";
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  if (value === null) return 0;
  throw wrong("len", "text, a list or a map");
}

function pad(text: unknown, before: unknown, after: unknown): string {
  const padded = textOf("pad", text);
  if (padded === "") return padded;
  return `${" ".repeat(countOf("pad", before))}${padded}${" ".repeat(countOf("pad", after))}`;
}

/** With a space between two of which neither is text. */
function print(...values: unknown[]): string {
  let printed = "";
  for (const [at, value] of values.entries()) {
    const apart = at > 0 && typeof value !== "string" && typeof values[at - 1] !== "string";
    printed += `${apart ? " " : ""}${goText(value)}`;
  }
  return printed;
}

function compare(name: string, a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === "boolean" && typeof b === "boolean" && ["eq", "ne"].includes(name)) return 1;
  if (a === null || b === null) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : 1;
  throw wrong(name, "two texts or two numbers");
}

function some(name: string, values: unknown[]): unknown[] {
  if (values.length === 0) throw wrong(name, "at least two values");
  return values;
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrong(name, "text");
  return value;
}

function countOf(name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 10_000)
    throw wrong(name, "a number");
  return value;
}

function listOf(name: string, value: unknown): unknown[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw wrong(name, "a list");
  return value;
}
