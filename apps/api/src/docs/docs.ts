import { readFileSync } from "node:fs";
import { PROBLEMS } from "@hafen/contract/problems";

export interface DocsFile {
  type: string;
  body: string;
}

const SCRIPTS = [
  "docs",
  "element",
  "operations",
  "schema-tree",
  "example",
  "curl",
  "problems",
  "operation-view",
  "schema-view",
  "problems-view",
  "copy-button",
  "try-it",
  "search",
] as const;

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** The reference page and all it loads, by path; read once. It fetches `/openapi.json`, which the api serves. */
export const docsFiles: Record<string, DocsFile> = {
  "/docs": { type: "text/html; charset=utf-8", body: read("docs.html") },
  "/docs/docs.css": { type: "text/css; charset=utf-8", body: read("docs.css") },
  "/docs/problems.json": { type: "application/json", body: JSON.stringify(PROBLEMS) },
  ...Object.fromEntries(
    SCRIPTS.map((name) => [`/docs/${name}.js`, { type: "text/javascript; charset=utf-8", body: read(`${name}.js`) }]),
  ),
};

/** What the page needs and no more: no inline script or style, nothing from elsewhere, and no frame around it. */
export const DOCS_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
