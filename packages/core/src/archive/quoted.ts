const MAX_SHOWN = 120;

/** A stranger's text for a message: cut short, in quotes, with control, bidi and lone surrogate characters written out. */
export function quoted(text: string): string {
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return JSON.stringify(shown).replace(/\p{C}/gu, (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);
}
