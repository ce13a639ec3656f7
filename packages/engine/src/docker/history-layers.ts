/** Instructions that change the configuration alone, as the classic builder and BuildKit write them down. */
const NO_LAYER =
  /^(\/bin\/sh -c #\(nop\)\s+)?(ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME)\b/;
/** Instructions that make one even when what they bring has no bytes; a RUN that changes nothing makes none. */
const LAYER = /^(\/bin\/sh -c #\(nop\)\s+)?(ADD|COPY)\b/;

/**
 * Which entries of a history made the image's `layerCount` layers, in the order of the entries (newest first). The engine tells sizes
 * only, and a layer may have none: what has bytes made one for certain, the rest is filled up by what its instruction is likely to
 * have made. A wrong guess moves a layer of 0 bytes. Undefined when the history has fewer entries than the image has layers.
 */
export function layerEntries(
  entries: readonly { createdBy: string; sizeBytes: number }[],
  layerCount: number,
): boolean[] | undefined {
  const certain = entries.map(({ sizeBytes }) => sizeBytes > 0);
  let missing = layerCount - certain.filter(Boolean).length;
  if (missing < 0 || layerCount > entries.length) return undefined;
  const made = [...certain];
  for (const rank of [LAYER, undefined, NO_LAYER]) {
    for (let at = entries.length - 1; at >= 0 && missing > 0; at--) {
      const createdBy = entries[at]?.createdBy ?? "";
      if (made[at] || !(rank?.test(createdBy) ?? !NO_LAYER.test(createdBy))) continue;
      made[at] = true;
      missing--;
    }
  }
  return made;
}
