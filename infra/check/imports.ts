export interface Import {
  specifier: string;
  /** Empty when only types are imported, which leave no trace at run time; `*` for a whole module. */
  values: string[];
}

const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?((?:[\w$*]|\{[^}]*\}|,|\s)*?)\s*from\s*["']([^"']+)["']/gm;
const SIDE_EFFECT = /^\s*import\s*["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every module that a source text names. */
export function readImports(source: string): Import[] {
  const statements = [...source.matchAll(STATEMENT)].map(([, type, clause = "", specifier = ""]) => ({
    specifier,
    values: type ? [] : namesIn(clause),
  }));
  const whole = [...source.matchAll(SIDE_EFFECT), ...source.matchAll(DYNAMIC)];
  return [...statements, ...whole.map(([, specifier = ""]) => ({ specifier, values: ["*"] }))];
}

/** `hono` for `hono/streaming`, `@hafen/db` for `@hafen/db/x`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function namesIn(clause: string): string[] {
  return clause
    .split(/[{},]/)
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => name.split(/\s+as\s+/)[0] as string);
}
