import { inert } from "./inert.ts";

const GAP = 3;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

function width(text: string): number {
  let cells = 0;
  for (const character of text) cells += WIDE.test(character) ? 2 : 1;
  return cells;
}

/** Lines of a table; what is in a cell cannot leave it. */
export function columns(header: string[], cells: string[][]): string[] {
  const rows = [header, ...cells].map((row) => row.map((cell) => inert(cell)));
  const widths = header.map((_, at) => Math.max(...rows.map((row) => width(row[at] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell + " ".repeat((widths[at] ?? 0) - width(cell) + GAP)))
      .join("")
      .trimEnd(),
  );
}

/** At most so many characters, the last one `…` when something is left out. */
export function cut(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
