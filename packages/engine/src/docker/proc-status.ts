import type { IdRange } from "../engine.ts";

/** What the kernel shows for an id that its namespace does not have. */
export const OVERFLOW_ID = 65_534;

/** A line of /proc/…/status. */
export function statusField(status: string, name: string): string | undefined {
  return status
    .split("\n")
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();
}

export function idMap(text: string | undefined): IdRange[] {
  return (text ?? "")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([inside = 0, outside = 0, count = 0]) => ({ inside, outside, count }));
}

/** A host's id as it is inside. */
export function mappedId(id: number, ranges: IdRange[]): number {
  const range = ranges.find(({ outside, count }) => id >= outside && id < outside + count);
  return range ? id - range.outside + range.inside : OVERFLOW_ID;
}
