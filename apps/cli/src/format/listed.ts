import { columns } from "./columns.ts";
import { templateOf } from "./template/template.ts";
import { lines, table, type Result } from "../result.ts";
import { inert } from "./inert.ts";

/** A field of docker's, by its name: what a table calls it, and what a row has there. */
export interface Field<T> {
  title: string;
  value(row: T): string;
}
export type Fields<T> = Record<string, Field<T>>;

/** A list as `--format` wants it: `json`, a template for each row, or `table` and a template whose tabs part its columns. */
export function listed<T>(
  rows: T[],
  format: string | undefined,
  shown: Field<T>[],
  fields: Fields<T>,
): Exclude<Result, { kind: "stream" }> {
  if (format === undefined || format === "table")
    return table(
      rows,
      shown.map(({ title, value }) => ({ title, cell: value })),
    );
  const names = Object.keys(fields);
  // Read when they are asked for, with what would act on a terminal written out.
  const viewOf = (row: T) => viewed(names, (name) => inert(fields[name]?.value(row) ?? ""));
  if (format === "json")
    return lines(
      rows.map((row) => JSON.stringify(viewOf(row))),
      rows,
    );
  const [, asTable] = /^table\s+([\s\S]*)$/.exec(format) ?? [];
  const template = templateOf(asTable ?? format);
  const texts = rows.map((row) => template(viewOf(row)));
  if (asTable === undefined) return lines(texts, rows);
  const header = template(viewed(names, (name) => fields[name]?.title ?? ""));
  return lines(
    columns(
      header.split("\t"),
      texts.map((text) => text.split("\t")),
    ),
    rows,
  );
}

function viewed(names: string[], value: (name: string) => string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}

/** `a=1,b=2`, as docker's lists show labels. */
export function labelText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
