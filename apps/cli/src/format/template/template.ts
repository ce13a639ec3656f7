import { evaluate } from "./evaluate.ts";
import { parseTemplate } from "./parse.ts";

/** The text of a template that is understood, for a flag: what is wrong is said before the service is asked. */
export function checkedTemplate(text: string): string {
  parseTemplate(text);
  return text;
}

export type Template = (value: unknown) => string;

/**
 * A template of Go's, as far as docker's users write them: what is not supported is refused by name before anything is asked for, never
 * printed as if it had been understood.
 */
export function templateOf(text: string): Template {
  const nodes = parseTemplate(text);
  return (value) => evaluate(nodes, value);
}
