import type { HistoryEntry } from "@hafen/engine";

/** What each layer adds, base first; empty when the history does not tell. */
export function layerBytes(
  history: readonly Pick<HistoryEntry, "layer" | "sizeBytes">[],
  layerCount: number,
): number[] {
  const sizes = history.filter(({ layer }) => layer).map(({ sizeBytes }) => sizeBytes);
  return sizes.length === layerCount ? sizes.toReversed() : [];
}
