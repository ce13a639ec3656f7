/** What a command answers with; `output.ts` alone prints it. */
export type Result =
  | Table
  /** Lines for people, one object for programs; notes go to stderr. */
  | { kind: "lines"; lines: string[]; json: unknown; notes: string[] }
  /** As they come; what the generator returns is the exit code. */
  | { kind: "stream"; pieces: AsyncGenerator<Piece, number> };

export interface Table {
  kind: "table";
  header: string[];
  cells: string[][];
  json: unknown;
}

/** Bytes as they are, or a line for people that is an object for programs. */
export type Piece = { to: "stdout" | "stderr"; data: string | Uint8Array } | { line: string; json: unknown };

export interface Column<T> {
  title: string;
  cell(row: T): string;
}

export function table<T>(rows: T[], columns: Column<T>[]): Table {
  return {
    kind: "table",
    header: columns.map(({ title }) => title),
    cells: rows.map((row) => columns.map(({ cell }) => cell(row))),
    json: rows,
  };
}

export function lines(text: string[], json: unknown, notes: string[] = []): Result & { kind: "lines" } {
  return { kind: "lines", lines: text, json, notes };
}

export function stream(pieces: AsyncGenerator<Piece, number>): Result {
  return { kind: "stream", pieces };
}
