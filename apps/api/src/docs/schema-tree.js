/**
 * @typedef {object} TreeNode
 * @property {string} name
 * @property {string} type
 * @property {boolean} required
 * @property {string} note
 * @property {TreeNode[]} children
 */

/** How deep a tree is drawn; our schemas are shallower, and one that refers to itself must end. */
const MAX_DEPTH = 8;

/** The schema behind a $ref, and several under allOf as one. */
export function resolve(openapi, schema) {
  if (schema.$ref) {
    const found =
      schema.$ref
        .slice(2)
        .split("/")
        .reduce((at, key) => at?.[key], openapi) ?? {};
    return resolve(openapi, found);
  }
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((part) => resolve(openapi, part));
  const { allOf: _, ...own } = schema;
  return [...parts, own].reduce((whole, part) => ({
    ...whole,
    ...part,
    properties: { ...whole.properties, ...part.properties },
    required: [...(whole.required ?? []), ...(part.required ?? [])],
  }));
}

/** In words: `string | null`, `array of Mount`, `"a" | "b"`. */
export function typeName(schema) {
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return variants.map((variant) => typeName(variant)).join(" | ");
  const types = [schema.type ?? (schema.properties || schema.allOf ? "object" : "any")].flat();
  return types
    .map((type) => (type === "array" ? `array of ${typeName(schema.items ?? {})}` : withFormat(type, schema)))
    .join(" | ");
}

function withFormat(type, { format, additionalProperties }) {
  if (type === "object" && typeof additionalProperties === "object") return "map";
  return type === "string" && format ? `${type} (${format})` : type;
}

function note({ description, minimum, maximum, minLength, maxLength, maxItems, pattern, default: standard }) {
  const limits = [
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER && `at most ${maximum}`,
    minLength > 1 && `at least ${minLength} characters`,
    maxLength !== undefined && `at most ${maxLength} characters`,
    maxItems !== undefined && `at most ${maxItems} items`,
    pattern !== undefined && `matches ${pattern}`,
    standard !== undefined && `default ${JSON.stringify(standard)}`,
  ];
  return [description, ...limits.filter(Boolean)].filter(Boolean).join("; ");
}

/** @returns {TreeNode[]} what is inside a schema: properties, the items' properties, or the variants */
export function treeOf(openapi, schema, depth = 0) {
  if (depth > MAX_DEPTH) return [];
  const whole = resolve(openapi, schema);
  const variants = (whole.oneOf ?? whole.anyOf ?? []).filter(({ type }) => type !== "null");
  if (variants.length === 1) return treeOf(openapi, variants[0], depth);
  if (variants.length > 1) {
    const nodes = variants.map((variant, i) => nodeOf(openapi, `variant ${i + 1}`, variant, false, depth));
    return nodes.some(({ children }) => children.length > 0) ? nodes : [];
  }
  if (whole.items) return treeOf(openapi, whole.items, depth);
  if (typeof whole.additionalProperties === "object" && !whole.properties) {
    return [nodeOf(openapi, "<key>", whole.additionalProperties, false, depth)];
  }
  return Object.entries(whole.properties ?? {}).map(([name, property]) =>
    nodeOf(openapi, name, property, whole.required?.includes(name) ?? false, depth),
  );
}

/** @returns {TreeNode} */
function nodeOf(openapi, name, schema, required, depth) {
  return {
    name,
    type: typeName(schema),
    required,
    note: note(schema),
    children: treeOf(openapi, schema, depth + 1),
  };
}
