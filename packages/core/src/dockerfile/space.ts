/** What Go's unicode.IsSpace says, since Docker trims with it; JavaScript's own trim also takes U+FEFF and leaves U+0085. */
const SPACE =
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

export function isSpace(character: string): boolean {
  return character !== "" && SPACE.includes(character);
}

export function trimStart(text: string): string {
  let start = 0;
  while (isSpace(text.charAt(start))) start++;
  return text.slice(start);
}

export function trim(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return trimStart(text.slice(0, end));
}

/** Docker separates an instruction's arguments by tabs and blanks only. */
export function fields(text: string): string[] {
  return text.split(/[\t ]+/).filter((field) => field !== "");
}
