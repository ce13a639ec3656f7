// Control characters, line and direction marks: what a terminal would obey or a reader would be deceived by.
const ACTIVE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Somebody else's text, safe to print within a line. */
export function inert(text: string): string {
  return text.replace(ACTIVE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}

/** The same of what may have lines and tabs, as a template and what it puts in have. */
export function inertText(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, inert);
}

const ESCAPE = "\u001b";
const COLOUR = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`, "u");

/** Somebody else's output, a line of it: colours stay, a line that overwrote itself shows what it came to. */
export function inertLine(text: string): string {
  const shown = text.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  const parts = shown.split(COLOUR);
  const line = parts.map((part, at) => (at % 2 === 1 ? part : inertText(part))).join("");
  return parts.length > 1 ? `${line}${ESCAPE}[0m` : line;
}

/** JSON that means the same, and acts on no terminal. */
export function inertJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(ACTIVE, (character) =>
    character === "\n" ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
