import { inertJson, inertText } from "../../format/inert.ts";
import { templateOf } from "../../format/template/template.ts";
import { lines, type Result } from "../../result.ts";

export interface Inspected {
  /** The API's. */
  object: unknown;
  /** In docker's names. */
  view: Record<string, unknown>;
}

/** All of it in docker's names, or what a template asks for. */
export function inspected(found: Inspected[], format: string | undefined): Result {
  const json = found.map(({ object }) => object);
  const views = found.map(({ view }) => view);
  if (format === undefined) return lines([inertJson(views, 4)], json);
  const template = templateOf(format === "json" ? "{{json .}}" : format);
  return lines(
    views.map((view) => inertText(template(view))),
    json,
  );
}
