import type { HistoryEntry } from "@hafen/engine";

/** What each layer adds, base first; empty when the history does not tell. */
export function bytesPerLayer(
  history: readonly Pick<HistoryEntry, "layer" | "sizeBytes">[],
  layerCount: number,
): number[] {
  const sizes = history.filter(({ layer }) => layer).map(({ sizeBytes }) => sizeBytes);
  return sizes.length === layerCount ? sizes.toReversed() : [];
}

export interface LayerSource {
  /** Base first. */
  diffIds: string[];
  /** What each adds; empty where that was not kept. */
  layerBytes: number[];
}

/**
 * What each layer of an image adds. Where it was not kept, it is told from the history: an instruction that only changes the
 * configuration adds nothing, so that the sizes which are not 0 are the layers', in their order. One that adds empty files alone has
 * size 0, too, and then the layers above it are off by one: an estimate.
 */
export function layerBytesOf({ diffIds, layerBytes }: LayerSource, historyNewestFirst: number[]): number[] {
  if (layerBytes.length === diffIds.length) return layerBytes;
  const sizes = historyNewestFirst.filter((bytes) => bytes > 0).toReversed();
  const fitting = diffIds.map((_, at) => sizes[at] ?? 0);
  const over = sizes.slice(diffIds.length).reduce((sum, bytes) => sum + bytes, 0);
  const last = fitting.pop();
  return last === undefined ? [] : [...fitting, last + over];
}
