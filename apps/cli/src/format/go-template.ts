import { UsageError } from "../failures.ts";

/**
 * The part of Go's templates that inspect is used with: `{{.A.B}}`, `{{index .A "key"}}`, `{{json .A}}`, `{{.}}`.
 * Whatever else is written between braces is refused by name, never printed as if it had been understood.
 */
export function renderTemplate(template: string, value: unknown): string {
  return template
    .replace(/\{\{(.*?)\}\}/gs, (_, action: string) => evaluate(action.trim(), value))
    .replaceAll("\\n", "\n")
    .replaceAll("\\t", "\t");
}

function evaluate(action: string, value: unknown): string {
  const json = /^json\s+(\.\S*)$/.exec(action);
  if (json) return JSON.stringify(at(value, json[1] ?? "."));
  const index = /^index\s+(\.\S*)\s+("(?:[^"\\]|\\.)*"|\d+)$/.exec(action);
  if (index) {
    const key = String(JSON.parse(index[2] ?? "0"));
    return goText(member(at(value, index[1] ?? "."), key));
  }
  if (/^\.[\w.]*$/.test(action)) return goText(at(value, action));
  const word = /^[\w-]+/.exec(action)?.[0] ?? action;
  throw new UsageError(
    `template: ${word} is not supported; there is {{.Path.To.Field}}, {{json .Path}} and {{index .Path "key"}}`,
  );
}

function at(value: unknown, path: string): unknown {
  let reached = value;
  for (const name of path.split(".").filter((part) => part !== "")) {
    if (!isObject(reached) || !Object.hasOwn(reached, name))
      throw new UsageError(`template: there is no ${name} in ${path}`);
    reached = reached[name];
  }
  return reached;
}

function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** As Go prints it: `[a b]`, `map[k:v]`, `<nil>`. A list's objects are structs there, so their values alone. */
function goText(value: unknown, inList = false): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map((item) => goText(item, true)).join(" ")}]`;
  if (isObject(value)) {
    if (inList)
      return `{${Object.values(value)
        .map((item) => goText(item))
        .join(" ")}}`;
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(" ")}]`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
