/**
 * @typedef {object} Operation one call of the API
 * @property {string} id
 * @property {string} method in lower case
 * @property {string} path
 * @property {string} tag
 * @property {string} summary
 * @property {string} scope none, read, write, or admin
 * @property {object[]} parameters
 * @property {Record<string, object>} bodies content type to schema
 * @property {boolean} bodyRequired
 * @property {{ status: string, description: string, contents: Record<string, object> }[]} responses
 */

const METHOD_ORDER = ["post", "get", "patch", "put", "delete"];
const PROBLEM_TYPE = "application/problem+json";

/** The schemas of each content type. */
function schemas(content = {}) {
  return Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema ?? {}]));
}

/**
 * Every call of an OpenAPI document, sorted by path, then as one uses them.
 * @param {object} openapi
 * @returns {Operation[]}
 */
export function operationsOf(openapi) {
  const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      id: operation.operationId,
      method,
      path,
      tag: operation.tags?.[0] ?? "other",
      summary: operation.summary ?? "",
      scope: operation["x-scope"] ?? "none",
      parameters: operation.parameters ?? [],
      bodies: schemas(operation.requestBody?.content),
      bodyRequired: operation.requestBody?.required ?? false,
      responses: Object.entries(operation.responses).map(([status, { description, content }]) => ({
        status,
        description,
        contents: schemas(content),
      })),
    })),
  );
  return operations.toSorted(
    (a, b) => a.path.localeCompare(b.path) || METHOD_ORDER.indexOf(a.method) - METHOD_ORDER.indexOf(b.method),
  );
}

/** @param {Operation[]} operations @returns {Map<string, Operation[]>} by tag, the tags by name and `system` last */
export function byTag(operations) {
  const groups = Map.groupBy(operations, ({ tag }) => tag);
  const last = (/** @type {string} */ tag) => Number(tag === "system");
  return new Map([...groups].toSorted(([a], [b]) => last(a) - last(b) || a.localeCompare(b)));
}

/** The problem codes of an answer: the routes list them in its description. */
export function problemCodes(/** @type {Operation["responses"][number]} */ { contents, description }) {
  return PROBLEM_TYPE in contents ? description.split(",").map((code) => code.trim()) : [];
}
