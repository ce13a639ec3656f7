/**
 * Text that somebody else has written, as an image of itself or a registry of a failure: U+0000 and halves of surrogate pairs too,
 * which Postgres does not take.
 */
export function storable<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("\0", "\uFFFD").toWellFormed() as T;
  if (Array.isArray(value)) return value.map((member: unknown) => storable(member)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storable(key), storable(member)])) as T;
}
