import { UsageError } from "../../failures.ts";
import { goText } from "./values.ts";

const VERB = /%([-0]*)(\d{1,4})?(?:\.(\d{1,4}))?(.)/gsu;

/** Go's verbs `%s %v %d %q %t %f %x %%`, with width, precision, `-` and `0`. */
export function printf(format: string, values: unknown[]): string {
  const rest = [...values];
  const printed = format.replace(VERB, (_, flags: string, width = "0", precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    if (rest.length === 0) return `%!${verb}(MISSING)`;
    const text = verbOf(verb, rest.shift(), precision === undefined ? undefined : Number(precision));
    if (flags.includes("-")) return text.padEnd(Number(width));
    return text.padStart(Number(width), flags.includes("0") ? "0" : " ");
  });
  if (rest.length > 0) throw new UsageError("template: printf has more values than verbs");
  return printed;
}

function verbOf(verb: string, value: unknown, precision: number | undefined): string {
  switch (verb) {
    case "s":
    case "v":
    case "t":
      return Array.from(goText(value)).slice(0, precision).join("");
    case "q":
      return JSON.stringify(goText(value));
    case "d":
      return typeof value === "number" ? String(Math.trunc(value)) : `%!d(${goText(value)})`;
    case "f":
      return typeof value === "number" ? value.toFixed(Math.min(precision ?? 6, 100)) : `%!f(${goText(value)})`;
    case "x":
      return typeof value === "number" ? value.toString(16) : Buffer.from(goText(value)).toString("hex");
    default:
      throw new UsageError(`template: printf has no %${verb} here`);
  }
}
