/*
 * Go's templates tell structs, whose fields they know, from maps, whose keys may be any. Here a plain object is a struct, and one without
 * a prototype a map.
 */

/** A map in Go's sense: an absent key is no mistake, and it is printed with its keys. */
export function goMap<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return isObject(value) && Object.getPrototypeOf(value) === null;
}

/** As Go prints it: `[a b]`, `map[k:v]`, `{a b}`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (isMap(value)) {
    const keys = sortedKeys(value).map((key) => `${key}:${goText(value[key])}`);
    return `map[${keys.join(" ")}]`;
  }
  if (isObject(value)) return `{${Object.values(value).map(goText).join(" ")}}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function sortedKeys(map: Record<string, unknown>): string[] {
  return Object.keys(map).toSorted((a, b) => (a < b ? -1 : 1));
}

/** What `if` takes for true: anything but false, nothing, zero and what is empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}
