import { resolve } from "./schema-tree.js";

/** Values that say more than "string", by the property's name. */
const BY_NAME = {
  image: "debian:bookworm",
  name: "web",
  tag: "app:1",
  command: ["sh", "-c", "echo hello"],
  dockerfile: "Dockerfile",
  files: { Dockerfile: "RlJPTSBkZWJpYW46Ym9va3dvcm0KUlVOIGVjaG8gaGVsbG8K" },
  expiresAt: "2027-01-01T00:00:00Z",
};
/** Optional fields that an example shows all the same. */
const SHOWN = {
  createContainer: ["name", "command"],
  createBuild: ["tag"],
  stopContainer: ["graceSeconds"],
  waitContainer: ["timeoutSeconds"],
};

/**
 * A body that the schema allows: the required fields, and those that make it useful.
 * @param {object} openapi @param {object} schema @param {string} operationId
 */
export function exampleOf(openapi, schema, operationId = "") {
  const whole = resolve(openapi, schema);
  if (whole.const !== undefined) return whole.const;
  if (whole.enum) return whole.enum[0];
  const variants = whole.oneOf ?? whole.anyOf;
  if (variants) return exampleOf(openapi, variants[0]);
  const type = [whole.type].flat()[0];
  if (type === "array") return [exampleOf(openapi, whole.items ?? {})];
  if (type === "integer" || type === "number") return Math.max(whole.minimum ?? 0, Math.min(10, whole.maximum ?? 10));
  if (type === "boolean") return true;
  if (type === "string") return "text";
  const shown = [...(whole.required ?? []), ...(SHOWN[operationId] ?? [])];
  const entries = Object.entries(whole.properties ?? {}).filter(([name]) => shown.includes(name));
  return Object.fromEntries(entries.map(([name, property]) => [name, BY_NAME[name] ?? exampleOf(openapi, property)]));
}
