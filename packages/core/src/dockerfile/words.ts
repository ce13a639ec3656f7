import type { Escape } from "./logical-lines.ts";

/** Splits at tabs and blanks outside quotes; quotes and escapes stay in the words. Linear. */
export function words(text: string, escape: Escape): string[] {
  const found: string[] = [];
  let start = -1;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    const blank = quote === "" && (character === " " || character === "\t");
    if (blank) {
      if (start !== -1) found.push(text.slice(start, i));
      start = -1;
      continue;
    }
    if (start === -1) start = i;
    if (character === escape && quote !== "'") i++;
    else if (quote === "" && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = "";
  }
  if (start !== -1) found.push(text.slice(start));
  return found;
}
