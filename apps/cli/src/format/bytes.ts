const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** As docker prints sizes: powers of 1000, three digits. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${UNITS[unit]}`;
}
