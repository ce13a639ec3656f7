/** `1.4.0-rc.3`, `20.10.24+dfsg1`: numbers, and which release candidate; a release comes after all its candidates. */
function parse(version: string): number[] | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-~]rc\.?(\d+))?/.exec(version);
  if (!found) return undefined;
  const [, major, minor, patch = "0", candidate] = found;
  return [Number(major), Number(minor), Number(patch), candidate === undefined ? Infinity : Number(candidate)];
}

/**
 * Whether `version` has a fix that first came with one of `fixed`, each on its own branch (major.minor). A branch that is not
 * among them has it only when it is newer than all. What cannot be read as a version has nothing.
 */
export function isMendedUpstream(version: string, fixed: readonly string[]): boolean {
  const own = parse(version);
  if (!own) return false;
  const fixes = fixed.flatMap((each) => [parse(each)].filter((fix) => fix !== undefined));
  const sameBranch = fixes.find((fix) => fix[0] === own[0] && fix[1] === own[1]);
  if (sameBranch) return compare(own, sameBranch) >= 0;
  return fixes.length > 0 && fixes.every((fix) => compare(own, fix) > 0);
}

/** Debian's update of one upstream version: `1.1.5+ds1-1+deb12u3` is at least `1.1.5+ds1-1+deb12u1`, and no other upstream version is. */
export function isAtLeast(build: string, debian: string): boolean {
  const [, base, update] = /^(.+\+deb\d+u)(\d+)/.exec(debian) ?? [];
  return (
    base !== undefined && build.startsWith(base) && Number(/^\d+/.exec(build.slice(base.length))) >= Number(update)
  );
}

function compare(a: number[], b: number[]): number {
  for (const [at, number] of a.entries()) {
    const other = b[at] ?? 0;
    if (number !== other) return number < other ? -1 : 1;
  }
  return 0;
}
