/** Which of the things that may go are meant. */
export type Rule = true | { olderThanSeconds?: number | undefined; labels?: string[] | undefined };

/** Why a thing is not meant; undefined: it is. */
export function unmet(
  rule: Rule,
  thing: { ageSeconds: number; labels: Record<string, string> },
  since: "made" | "ended",
): string | undefined {
  if (rule === true) return undefined;
  const { olderThanSeconds, labels = [] } = rule;
  if (olderThanSeconds !== undefined && thing.ageSeconds < olderThanSeconds)
    return `it is newer: ${since} ${Math.floor(thing.ageSeconds)} s ago`;
  const missing = labels.find((label) => !hasLabel(thing.labels, label));
  return missing === undefined ? undefined : `it does not have the label ${missing}`;
}

/** `key`, or `key=value`. */
function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf("=");
  if (at < 0) return Object.hasOwn(labels, wanted);
  const key = wanted.slice(0, at);
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(at + 1);
}
