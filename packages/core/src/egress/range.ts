export interface Range {
  first: number;
  last: number;
}

/** The IPv4 addresses of a CIDR, or of one address, as numbers. */
export function rangeOf(cidr: string): Range {
  const [address = "", bits = "32"] = cidr.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether all of the inner one lies in the outer one. */
export function covers(outer: string, inner: string): boolean {
  const [{ first, last }, other] = [rangeOf(outer), rangeOf(inner)];
  return first <= other.first && other.last <= last;
}

/** Dotted, as people write it. */
export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
