import { HafenError } from "./error.ts";

export type QueryValue = string | number | boolean | undefined;

/**
 * A path whose values are percent-encoded: address`/v1/images/${ref}/tags`.
 * An empty or dot value is refused: URL parsers would fold it away, and DELETE would meet another resource.
 */
export function address(parts: TemplateStringsArray, ...values: string[]): string {
  const encoded = values.map((value) => {
    if (value === "" || value === "." || value === "..")
      throw new HafenError("invalid_request", `"${value}" is not an id or a name`);
    return encodeURIComponent(value);
  });
  return String.raw({ raw: parts }, ...encoded);
}

/** The query string with its question mark; absent values are left out. */
export function queryString(query: Record<string, QueryValue>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.append(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
