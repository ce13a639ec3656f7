import { z } from "zod";

export interface Count {
  packets: number;
  bytes: number;
}
/** The fields of an element's key, joined by spaces, and what passed. */
export type Counts = ReadonlyMap<string, Count>;
export type Sets = ReadonlyMap<string, Counts>;

const Field = z.union([z.string(), z.number()]);
const Element = z.object({
  elem: z.object({
    val: z.union([Field, z.object({ concat: z.array(Field) })]),
    counter: z.object({ packets: z.number(), bytes: z.number() }).optional(),
  }),
});
const Table = z.object({
  nftables: z.array(z.object({ set: z.object({ name: z.string(), elem: z.array(Element).optional() }).optional() })),
});

/** The counters in a table, from what `nft -j list table` prints. */
export function readSets(json: string): Sets {
  const sets = Table.parse(JSON.parse(json)).nftables.flatMap(({ set }) => set ?? []);
  return new Map(sets.map(({ name, elem = [] }) => [name, new Map(elem.flatMap(countOf))]));
}

function countOf({ elem: { val, counter } }: z.infer<typeof Element>): [string, Count][] {
  if (!counter) return [];
  return [[typeof val === "object" ? val.concat.join(" ") : String(val), counter]];
}
